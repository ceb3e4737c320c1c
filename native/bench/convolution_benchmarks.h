#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// Mono convolution at 48 kHz in each mode: load, the longest block, latency. And the banks of
/// filters.
std::vector<Benchmark> convolutionBenchmarks();

}  // namespace stemwright::bench
