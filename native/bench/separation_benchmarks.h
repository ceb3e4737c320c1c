#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// One segment of the full-size HTDemucs (42 M parameters, weights by rule), in each mode.
std::vector<Benchmark> separationBenchmarks();

}  // namespace stemwright::bench
