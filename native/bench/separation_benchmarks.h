#pragma once

#include <vector>

#include "bench/benchmarks.h"

namespace stemwright::bench {

/// One segment of the full-size HTDemucs (42 M parameters, weights by rule), in each mode.
/// The model is kept for the next run.
std::vector<Benchmark> separationBenchmarks();

/// [thread-safe] A run that is under way keeps its own.
void releaseModels();

}  // namespace stemwright::bench
