#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// Every op of the graphics processor by its own clock, transfers left out, and a whole segment
/// with them. On the one that STEMWRIGHT_GPU names by a part of its name, else the one that `auto`
/// takes.
/// @return kDeviceLost, and why, where there is none
std::vector<Benchmark> gpuBenchmarks();

/// [thread-safe] Closes the device that benchmarks keep from one run to the next.
void releaseGpu();

}  // namespace stemwright::bench
