#include "bench/benchmarks.h"

#include <utility>

#include "bench/check_benchmarks.h"
#include "bench/convolution_benchmarks.h"
#include "bench/gpu_benchmarks.h"
#include "bench/limits.h"
#include "bench/network_benchmarks.h"
#include "bench/separation_benchmarks.h"
#include "bench/transform_benchmarks.h"

namespace stemwright::bench {

const std::vector<Benchmark>& benchmarks() {
  static const std::vector<Benchmark> all = [] {
    std::vector<Benchmark> list;
    for (auto& group :
         {separationBenchmarks(), transformBenchmarks(), convolutionBenchmarks(),
          networkBenchmarks(), gpuBenchmarks(), checkBenchmarks(), limitBenchmarks()}) {
      list.insert(list.end(), group.begin(), group.end());
    }
    return list;
  }();
  return all;
}

}  // namespace stemwright::bench
