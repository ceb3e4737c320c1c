#pragma once

#include <string>
#include <vector>

#include "bench/benchmarks.h"
#include "core/cancel.h"
#include "core/result.h"

/// The benchmarks as callers of the engine see them.
namespace stemwright::session {

using BenchmarkEntry = bench::Entry;

std::vector<std::string> benchmarkNames();

/// @return kInvalidArgument for a name that benchmarkNames() lacks or no threads
core::Result<std::vector<BenchmarkEntry>> runBenchmark(const std::string& name, unsigned threads,
                                                       const core::CancelFlag& cancel);

/// Gives back what benchmarks keep from one run to the next: a model of 170 MB.
void releaseBenchmarks();

}  // namespace stemwright::session
