#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "gpu/convolution.h"
#include "gpu/device.h"
#include "gpu/ops.h"
#include "gpu/recurrent.h"
#include "models/htdemucs_gpu.h"
#include "session/model.h"

namespace stemwright::session {

namespace gpu = stemwright::gpu;
using GpuInfo = gpu::DeviceInfo;
using GpuKind = gpu::DeviceKind;
using GpuInventory = gpu::Inventory;
using GpuUsage = gpu::Usage;
using models::HTDemucsGpu;

GpuUsage gpuUsage();
/// The graphics processors of this machine, as they are now.
GpuInventory gpuInventory();
/// The one that `auto` takes; null where there is none but software.
const GpuInfo* preferredGpu(const GpuInventory& inventory);

/// Opens a device, or takes the one that is open; one that was lost is opened anew. For tests,
/// STEMWRIGHT_GPU_LOSE_AFTER=n takes the device away after n executions.
/// @param cacheFolder of compiled pipelines; empty: none is kept @return kDeviceLost
core::Result<std::shared_ptr<gpu::Device>> openGpu(const std::string& device,
                                                   const std::string& cacheFolder = "");

/// Below it a device is refused: rounding of floats gives 100 dB and more, a fault of a driver
/// some 20.
inline constexpr double kLeastAgreementDb = 60;

/// What a device made of one segment, beside what the processor made of it.
struct GpuVerdict {
  bool isAccepted = false;
  double agreementDb = 0;  ///< the processor's power over that of the difference
  double gpuSeconds = 0;   ///< of the test segment, when all is warm
  double cpuSeconds = 0;
};

struct GpuRequest {
  std::string device;       ///< id of a GpuInfo
  std::string cacheFolder;  ///< of compiled pipelines; empty: none is kept
  bool isTrusted = false;   ///< it has passed before: nothing is compared
  unsigned threads = 1;     ///< of the comparison
};

struct PreparedGpu {
  std::shared_ptr<const HTDemucsGpu> model;  ///< null where the verdict refuses
  GpuInfo device;
  GpuVerdict verdict;
};

/// Opens the device, uploads the weights and compares one segment with the processor's. [worker]
/// @return kDeviceLost, kNoRoom, or kModel for a graph that it does not compute
core::Result<PreparedGpu> prepareGpu(const std::shared_ptr<const HTDemucs>& reference,
                                     WeightFile weights, NormAlgorithm groupNorm,
                                     const GpuRequest& request);

/// @return the expected signal's power over the error's in dB, at most 200; 0 for what is not
/// finite
double agreementDb(const std::vector<float>& actual, const std::vector<float>& expected);

}  // namespace stemwright::session
