#pragma once

#include <napi.h>

namespace stemwright::addon {

/// startTrace(capacity), takeTrace(), as electron/engine/native.ts describes. [js-thread]
void startTrace(const Napi::CallbackInfo& info);
Napi::Value takeTrace(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
