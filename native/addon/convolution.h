#pragma once

#include <napi.h>

namespace stemwright::addon {

/// startConvolution(spec, onEvent), startPrint(spec, onEvent), responseGain(spec) and
/// describeResponse(spec), as electron/engine/native.ts describes.
Napi::Value startConvolution(const Napi::CallbackInfo& info);
Napi::Value startPrint(const Napi::CallbackInfo& info);
Napi::Value responseGain(const Napi::CallbackInfo& info);
Napi::Value describeResponse(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
