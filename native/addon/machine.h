#pragma once

#include <napi.h>

#include "session/machine.h"

namespace stemwright::addon {

/// hardware(), memoryUsage(), resetMemoryPeaks(), watchMachine(spec, onChange), as
/// electron/engine/native.ts describes. [js-thread]
Napi::Value hardware(const Napi::CallbackInfo& info);
Napi::Value memoryUsage(const Napi::CallbackInfo& info);
void resetMemoryPeaks(const Napi::CallbackInfo& info);
Napi::Value watchMachine(const Napi::CallbackInfo& info);

/// By operation: from which size and batch on the GPU is faster; null: never.
Napi::Value calibrationToJs(Napi::Env env, session::Calibration calibration);

}  // namespace stemwright::addon
