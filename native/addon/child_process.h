#pragma once

#include <napi.h>

namespace stemwright::addon {

/// startProgram(program, arguments): {output, errors, kill(), wait(): Promise<number | null>}
Napi::Value startProgram(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
