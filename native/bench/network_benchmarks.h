#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// Products, layers and networks, group norm in three ways, the buffer pool.
std::vector<Benchmark> networkBenchmarks();

}  // namespace stemwright::bench
