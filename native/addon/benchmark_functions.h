#pragma once

#include <napi.h>

namespace stemwright::addon {

/// benchmarks(): string[]
Napi::Value benchmarks(const Napi::CallbackInfo& info);
/// runBenchmark({name, threads, signal?}): Promise<{name, unit, median, low, high, allocations}[]>
Napi::Value runBenchmark(const Napi::CallbackInfo& info);
/// releaseBenchmarks(): void
Napi::Value releaseBenchmarks(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
