#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// FFT by size and direction, batches, and STFT by overlap.
std::vector<Benchmark> transformBenchmarks();

}  // namespace stemwright::bench
