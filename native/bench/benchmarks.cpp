#include "bench/benchmarks.h"

#include "bench/separation_benchmarks.h"

namespace stemwright::bench {

const std::vector<Benchmark>& benchmarks() {
  static const std::vector<Benchmark> all = separationBenchmarks();
  return all;
}

}  // namespace stemwright::bench
