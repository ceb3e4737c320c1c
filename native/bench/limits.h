#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// What no kernel can exceed on this machine: multiply-adds in registers, copies from each level of
/// memory. Shares of them are in docs/performance.md.
std::vector<Benchmark> limitBenchmarks();

}  // namespace stemwright::bench
