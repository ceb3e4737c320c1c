// What the backends tell of each execution.
#pragma once

#include <span>

#include "gpu/device.h"

namespace stemwright::gpu {

/// Puts the dispatches of an execution that has just ended into the trace that is being recorded,
/// as if the last had ended now.
/// @param times may be empty: then it is one region
void traceExecution(double seconds, std::span<const OpTime> times);

/// How input and output come and go.
enum class Passage {
  kUnified,  ///< the device's memory is the processor's
  kStaged,   ///< copied on the device, while another execution computes
  kHost,     ///< a device with memory of its own reads and writes the processor's
};

/// Names of the two copies in a trace.
constexpr const char* inputRegion(Passage passage) {
  return passage == Passage::kUnified  ? "GPU input, unified memory"
         : passage == Passage::kStaged ? "GPU input, staged"
                                       : "GPU input, host memory";
}
constexpr const char* outputRegion(Passage passage) {
  return passage == Passage::kUnified  ? "GPU output, unified memory"
         : passage == Passage::kStaged ? "GPU output, staged"
                                       : "GPU output, host memory";
}

}  // namespace stemwright::gpu
