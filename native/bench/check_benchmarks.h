#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// What other figures are judged by: how much the same work differs from itself, and ratios that
/// tell whether the engine is used as it should be.
std::vector<Benchmark> checkBenchmarks();

}  // namespace stemwright::bench
