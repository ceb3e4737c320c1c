#pragma once

#include <napi.h>

namespace stemwright::addon {

/// hardware(), memoryUsage(), resetMemoryPeaks(), watchMachine(spec, onChange), as
/// electron/engine/native.ts describes. [js-thread]
Napi::Value hardware(const Napi::CallbackInfo& info);
Napi::Value memoryUsage(const Napi::CallbackInfo& info);
void resetMemoryPeaks(const Napi::CallbackInfo& info);
Napi::Value watchMachine(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
