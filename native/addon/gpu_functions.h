#pragma once

#include <napi.h>

namespace stemwright::addon {

/// gpuDevices(): the graphics processors of this machine, or why there are none.
Napi::Value gpuDevices(const Napi::CallbackInfo& info);
/// gpuUsage(): what they have computed so far.
Napi::Value gpuUsage(const Napi::CallbackInfo& info);
/// calibrateGpu(spec): from where on one is faster than the processor.
Napi::Value calibrateGpu(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
