#include "bench/transform_benchmarks.h"

#include <cstdio>
#include <string>
#include <utility>

#include "bench/measure.h"
#include "bench/signals.h"
#include "core/aligned.h"
#include "core/thread_pool.h"
#include "dsp/fft.h"
#include "dsp/stft.h"

namespace stemwright::bench {
namespace {

using core::AlignedBuffer;
using Entries = core::Result<std::vector<Entry>>;

constexpr double kMicroseconds = 1e6;
constexpr double kRate = 48'000;

Entries forwardAndInverse(const std::string& name, std::size_t size,
                          const core::CancelFlag& cancel) {
  auto made = dsp::RealFft::create(size);
  if (!made) return made.error();
  const dsp::RealFft& fft = made.value();
  const std::vector<float> x = noise(size);
  AlignedBuffer<float> bins(size + 2), back(size), scratch(fft.scratchSize());
  const Timing forward =
      measure([&] { fft.forward(x.data(), bins.data(), scratch.data()); }, cancel);
  const Timing inverse =
      measure([&] { fft.inverse(bins.data(), back.data(), scratch.data()); }, cancel);
  return std::vector<Entry>{entryOf(name, "µs", forward, kMicroseconds),
                            entryOf(name + ", inverse", "µs", inverse, kMicroseconds)};
}

/// On one thread, and shared among all.
Entries batch(const std::string& name, std::size_t count, std::size_t size, unsigned threads,
              const core::CancelFlag& cancel) {
  auto made = dsp::RealFft::create(size);
  if (!made) return made.error();
  const dsp::RealFft& fft = made.value();
  const std::vector<float> x = noise(count * size);
  AlignedBuffer<float> bins(count * (size + 2)), scratch(fft.batchScratchSize(threads));
  core::ThreadPool pool(threads);
  const Timing alone = measure(
      [&] { fft.forwardBatch(count, x.data(), size, bins.data(), size + 2, scratch.data()); },
      cancel);
  const Timing shared = measure(
      [&] { fft.forwardBatch(count, x.data(), size, bins.data(), size + 2, scratch.data(), pool); },
      cancel);
  const double each = kMicroseconds / static_cast<double>(count);
  return std::vector<Entry>{entryOf(name, "µs each", alone, each),
                            entryOf(name + ", all threads", "µs each", shared, each)};
}

/// A second of sound at 48 kHz.
Entries stftSecond(const std::string& name, std::size_t hop, const core::CancelFlag& cancel) {
  constexpr std::size_t kSize = 2048;
  auto made = dsp::Stft::create({.nFft = kSize, .hop = hop});
  if (!made) return made.error();
  const dsp::Stft& stft = made.value();
  const std::vector<float> x = noise(static_cast<std::size_t>(kRate));
  AlignedBuffer<float> spectra(stft.frames(x.size()) * 2 * stft.bins());
  AlignedBuffer<float> scratch(stft.scratchSize());
  const Timing time =
      measure([&] { static_cast<void>(stft.forward(x, spectra.data(), scratch.data())); }, cancel);
  return std::vector<Entry>{
      entryOf(name, "% of real time", time, 100),
      fixedEntry(name + ", transforms", "a second", kRate / static_cast<double>(hop))};
}

}  // namespace

std::vector<Benchmark> transformBenchmarks() {
  std::vector<Benchmark> list;
  for (const std::size_t size : {512, 1024, 2048, 4096, 8192, 16384}) {
    const std::string name = "FFT " + std::to_string(size);
    list.push_back({name, [name, size](unsigned, const core::CancelFlag& cancel) {
                      return forwardAndInverse(name, size, cancel);
                    }});
  }
  for (const std::size_t size : {1024, 4096}) {
    const std::string name = "FFT batch, 64 x " + std::to_string(size);
    list.push_back({name, [name, size](unsigned threads, const core::CancelFlag& cancel) {
                      return batch(name, 64, size, threads, cancel);
                    }});
  }
  for (const auto& [overlap, hop] : {std::pair{"50", 1024}, {"75", 512}, {"87.5", 256}}) {
    const std::string name = std::string("STFT 2048, ") + overlap + " % overlap";
    list.push_back({name, [name, hop = static_cast<std::size_t>(hop)](
                              unsigned, const core::CancelFlag& cancel) {
                      return stftSecond(name, hop, cancel);
                    }});
  }
  return list;
}

}  // namespace stemwright::bench
