#include "session/benchmarks.h"

#include "bench/gpu_benchmarks.h"
#include "bench/separation_benchmarks.h"

namespace stemwright::session {

std::vector<std::string> benchmarkNames() {
  std::vector<std::string> names;
  for (const bench::Benchmark& benchmark : bench::benchmarks()) names.push_back(benchmark.name);
  return names;
}

core::Result<std::vector<BenchmarkEntry>> runBenchmark(const std::string& name, unsigned threads,
                                                       const core::CancelFlag& cancel) {
  using core::ErrorCode;
  if (threads == 0) return core::Error{ErrorCode::kInvalidArgument, "at least one thread"};
  for (const bench::Benchmark& benchmark : bench::benchmarks()) {
    if (benchmark.name != name) continue;
    auto result = benchmark.run(threads, cancel);
    if (cancel.requested()) return core::Error{ErrorCode::kCancelled, "cancelled"};
    return result;
  }
  return core::Error{ErrorCode::kInvalidArgument, "there is no benchmark \"" + name + "\""};
}

void releaseBenchmarks() {
  bench::releaseModels();
  bench::releaseGpu();
}

}  // namespace stemwright::session
