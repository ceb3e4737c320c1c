#pragma once

#include <memory>
#include <string>

#include "gpu/device.h"

namespace stemwright::gpu::metal {

Inventory findDevices();
core::Result<std::shared_ptr<Device>> openDevice(const std::string& id,
                                                 const DeviceOptions& options);

}  // namespace stemwright::gpu::metal
