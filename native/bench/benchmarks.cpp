#include "bench/benchmarks.h"

#include "bench/convolution_benchmarks.h"
#include "bench/separation_benchmarks.h"

namespace stemwright::bench {

const std::vector<Benchmark>& benchmarks() {
  static const std::vector<Benchmark> all = [] {
    std::vector<Benchmark> list = separationBenchmarks();
    const std::vector<Benchmark> convolution = convolutionBenchmarks();
    list.insert(list.end(), convolution.begin(), convolution.end());
    return list;
  }();
  return all;
}

}  // namespace stemwright::bench
