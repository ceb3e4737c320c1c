#pragma once

#include <string>

#include "core/cancel.h"
#include "core/result.h"
#include "platform/calibration.h"

namespace stemwright::session {

using platform::Calibration;

struct CalibrationRequest {
  std::string device;       ///< id of a GpuInfo
  std::string cacheFolder;  ///< of compiled pipelines; empty: none is kept
  unsigned threads = 1;     ///< of the processor's side
};

/// From where on this device overtakes the processor with transforms, matrix products and
/// convolutions of streams, transfers included. Takes some seconds. [worker]
/// @return kCancelled between two timings once the flag is raised; kDeviceLost, kNoRoom
core::Result<Calibration> calibrateGpu(const CalibrationRequest& request,
                                       const core::CancelFlag& cancel);

}  // namespace stemwright::session
