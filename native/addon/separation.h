#pragma once

#include <napi.h>

namespace stemwright::addon {

/// startSeparation(spec, onEvent). [js-thread]
Napi::Value startSeparation(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
