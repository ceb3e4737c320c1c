#pragma once

#include <functional>

#include "core/result.h"
#include "platform/backend_policy.h"

namespace stemwright::platform {

/// Seconds that work takes on one of the two processors, transfers included: the least of a few
/// runs. An error ends the calibration.
using Stopwatch = std::function<core::Result<double>(const Workload& work, bool isOnGpu)>;

/// The largest size that is asked about. Longer transforms have no shader.
std::size_t largestSize(Operation operation);

/// Finds from where on the GPU is faster, by doubling sizes and batches. Sequential work and short
/// filters are not asked about: each of their steps would wait for the device.
/// @return the stopwatch's first error
core::Result<Calibration> calibrate(const Stopwatch& stopwatch);

}  // namespace stemwright::platform
