#include "bench/limits.h"

#include <cstring>
#include <string>

#include "bench/measure.h"
#include "core/aligned.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"

namespace stemwright::bench {
namespace {

using Entries = core::Result<std::vector<Entry>>;

/// Amounts per second, from one that takes `timing`.
Entry rateOf(const std::string& name, std::string unit, double amount, const Timing& timing) {
  return {name, std::move(unit), amount / timing.median, amount / timing.high, amount / timing.low};
}

Entries multiplyAdds(const std::string& name, const kernels::GemmKernels& gemm, unsigned threads,
                     const core::CancelFlag& cancel) {
  constexpr std::size_t kRounds = 1 << 18;
  core::ThreadPool pool(threads);
  const double work = gemm.saturate(1) * kRounds * threads;
  const Timing time = measure(
      [&] { pool.parallelFor(threads, [&](std::size_t, unsigned) { gemm.saturate(kRounds); }); },
      cancel);
  return std::vector<Entry>{rateOf(name, "GFLOP/s", work / 1e9, time)};
}

/// Bytes read and bytes written, both counted.
Entries copies(const std::string& name, std::size_t bytes, unsigned threads,
               const core::CancelFlag& cancel) {
  constexpr std::size_t kMost = std::size_t{64} << 20;  // a round moves this much a thread
  const std::size_t half = bytes / 2;
  core::AlignedBuffer<std::byte> memory(bytes * threads);
  memory.zero();
  core::ThreadPool pool(threads);
  const std::size_t repeats = bytes < kMost ? kMost / bytes : 1;
  const auto copy = [&](std::size_t thread, unsigned) {
    std::byte* const from = memory.data() + thread * bytes;
    for (std::size_t i = 0; i < repeats; ++i) std::memcpy(from + half, from, half);
  };
  const Timing time = measure([&] { pool.parallelFor(threads, copy); }, cancel);
  const double moved = static_cast<double>(bytes) * static_cast<double>(repeats) * threads;
  return std::vector<Entry>{rateOf(name, "GB/s", moved / 1e9, time)};
}

}  // namespace

std::vector<Benchmark> limitBenchmarks() {
  std::vector<Benchmark> list;
  const auto addPeak = [&](std::string name, const kernels::GemmKernels& gemm) {
    list.push_back({name, [name, &gemm](unsigned threads, const core::CancelFlag& cancel) {
                      return multiplyAdds(name, gemm, threads, cancel);
                    }});
  };
  addPeak("limit, multiply-adds", kernels::kernels().gemm);
  if (!kernels::bf16Kernels().empty()) {
    addPeak("limit, multiply-adds, bf16", kernels::bf16Kernels().back()->weightGemm);
  }
  for (const auto& [label, bytes] : {std::pair{"16 KB", std::size_t{1} << 14},
                                     {"512 KB", std::size_t{1} << 19},
                                     {"8 MB", std::size_t{1} << 23},
                                     {"128 MB", std::size_t{1} << 27}}) {
    const std::string name = std::string("limit, copies within ") + label;
    list.push_back({name, [name, size = bytes](unsigned threads, const core::CancelFlag& cancel) {
                      return copies(name, size, threads, cancel);
                    }});
  }
  return list;
}

}  // namespace stemwright::bench
