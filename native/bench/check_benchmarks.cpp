#include "bench/check_benchmarks.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <span>
#include <string>
#include <thread>
#include <utility>

#include "bench/measure.h"
#include "bench/signals.h"
#include "core/aligned.h"
#include "core/cpu_executor.h"
#include "core/thread_pool.h"
#include "dsp/convolution/convolver.h"
#include "dsp/fft.h"

namespace stemwright::bench {
namespace {

using core::AlignedBuffer;
using core::CancelFlag;
using Clock = std::chrono::steady_clock;
using Entries = core::Result<std::vector<Entry>>;

constexpr std::size_t kSize = 1024;
constexpr std::size_t kCount = 64;

/// 64 transforms of 1024 samples.
struct Transforms {
  explicit Transforms(unsigned threads)
      : fft(dsp::RealFft::create(kSize).value()),
        pool(threads),
        samples(noise(kCount * kSize)),
        bins(kCount * (kSize + 2)),
        scratch(fft.batchScratchSize(threads)) {}
  void batch() {
    fft.forwardBatch(kCount, samples.data(), kSize, bins.data(), kSize + 2, scratch.data(), pool);
  }
  void oneByOne() {
    for (std::size_t i = 0; i < kCount; ++i) {
      fft.forward(samples.data() + i * kSize, bins.data() + i * (kSize + 2), scratch.data());
    }
  }
  dsp::RealFft fft;
  core::ThreadPool pool;
  std::vector<float> samples;
  AlignedBuffer<float> bins, scratch;
};

/// The same work measured against itself: the median of how much ten pairs differ.
Entries noiseFloor(const std::string& name, unsigned, const CancelFlag& cancel) {
  constexpr int kPairs = 10;
  Transforms work(1);
  std::vector<double> differences;
  for (int i = 0; i < kPairs && !cancel.requested(); ++i) {
    const auto [a, b] = measureInTurn([&] { work.batch(); }, [&] { work.batch(); }, 0.05, cancel);
    differences.push_back(std::abs(a.median / b.median - 1));
  }
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
  return std::vector<Entry>{entryOf(name, "%", summarise(std::move(differences)), 100)};
}

/// The batch is shared among all threads.
Entries batchOverSingle(const std::string& name, unsigned threads, const CancelFlag& cancel) {
  Transforms work(threads);
  const auto [batch, single] =
      measureInTurn([&] { work.batch(); }, [&] { work.oneByOne(); }, 1.0, cancel);
  return std::vector<Entry>{fixedEntry(name, "x", batch.median / single.median)};
}

/// Of a reverb that has just been built and warmed up, over its median block.
Entries firstBlock(const std::string& name, unsigned, const CancelFlag& cancel) {
  constexpr std::size_t kBlock = 128;
  constexpr std::size_t kBlocks = 200;
  constexpr int kReverbs = 9;
  const std::vector<float> response = noise(96'000);
  const std::span<const float> channels[] = {response};
  const std::vector<float> in = noise(kBlock);
  std::vector<float> out(kBlock);
  const float* from = in.data();
  float* to = out.data();
  std::vector<double> ratios;
  for (int i = 0; i < kReverbs && !cancel.requested(); ++i) {
    dsp::ConvolverOptions options;
    options.channels = 1;
    options.blockSize = kBlock;
    auto made = dsp::Convolver::create(channels, options);
    if (!made.ok()) return made.error();
    made.value()->warmUp();
    std::vector<double> blocks;
    for (std::size_t block = 0; block < kBlocks; ++block) {
      const auto start = Clock::now();
      made.value()->process(&from, &to, kBlock);
      blocks.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    }
    const double first = blocks.front();
    ratios.push_back(first / summarise(std::move(blocks)).median);
  }
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
  return std::vector<Entry>{entryOf(name, "x", summarise(std::move(ratios)), 1)};
}

/// Handing work over: with a slot free, and with none, where the call must return all the same.
Entries handOver(const std::string& name, unsigned, const CancelFlag& cancel) {
  constexpr std::size_t kFloats = 1024;
  constexpr int kTimes = 100;
  std::atomic<bool> isOpen{true};
  std::atomic<int> ended{0};
  const std::vector<float> in = noise(kFloats);
  std::vector<float> out(kFloats);  // the executor, which may still write it, ends first
  core::CpuExecutor executor(kFloats, kFloats, [&](auto from, auto to) -> core::Status {
    while (!isOpen.load()) std::this_thread::sleep_for(std::chrono::microseconds(50));
    std::copy(from.begin(), from.end(), to.begin());
    return {};
  });
  const auto hand = [&] {
    return executor.tryExecuteAsync(in, out, [&ended](core::Status) { ++ended; });
  };
  std::vector<double> times;
  for (int i = 0; i < kTimes && !cancel.requested(); ++i) {
    const auto start = Clock::now();
    const bool isTaken = hand();
    times.push_back(std::chrono::duration<double>(Clock::now() - start).count());
    while (isTaken && ended.load() <= i) std::this_thread::yield();
  }
  isOpen = false;
  for (unsigned slot = 0; slot < core::AsyncExecutor::kSlots; ++slot) hand();
  bool isRefused = true;
  const Timing busy = measure([&] { isRefused = isRefused && !hand(); }, cancel);
  isOpen = true;
  if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
  if (!isRefused) return core::Error{core::ErrorCode::kInternal, "work was taken without a slot"};
  return std::vector<Entry>{entryOf(name + ", slot free", "ns", summarise(std::move(times)), 1e9),
                            entryOf(name + ", all slots busy", "ns", busy, 1e9)};
}

}  // namespace

std::vector<Benchmark> checkBenchmarks() {
  std::vector<Benchmark> list;
  using Run = Entries (*)(const std::string&, unsigned, const CancelFlag&);
  const auto add = [&](std::string name, Run run) {
    list.push_back({name, [name, run](unsigned threads, const CancelFlag& cancel) -> Entries {
                      if (cancel.requested()) {
                        return core::Error{core::ErrorCode::kCancelled, "cancelled"};
                      }
                      return run(name, threads, cancel);
                    }});
  };
  add("noise floor", noiseFloor);
  add("FFT in a batch over one by one, 64 x 1024", batchOverSingle);
  add("async, tryExecuteAsync", handOver);
  add("reverb, first block after warm-up over the median", firstBlock);
  return list;
}

}  // namespace stemwright::bench
