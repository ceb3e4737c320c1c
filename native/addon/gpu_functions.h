#pragma once

#include <napi.h>

namespace stemwright::addon {

/// gpuDevices(): the graphics processors of this machine, or why there are none.
Napi::Value gpuDevices(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
