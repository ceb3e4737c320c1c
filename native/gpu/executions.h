// What the backends tell of each execution.
#pragma once

#include <span>

#include "gpu/device.h"

namespace stemwright::gpu {

/// Puts the dispatches of an execution that has just ended into the trace that is being recorded,
/// as if the last had ended now.
/// @param times may be empty: then it is one region
void traceExecution(double seconds, std::span<const OpTime> times);

/// Names of the two copies in a trace.
constexpr const char* inputRegion(bool isStaged) {
  return isStaged ? "GPU input, staged" : "GPU input, unified memory";
}
constexpr const char* outputRegion(bool isStaged) {
  return isStaged ? "GPU output, staged" : "GPU output, unified memory";
}

}  // namespace stemwright::gpu
