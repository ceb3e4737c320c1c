#pragma once

#include <napi.h>

#include "core/result.h"

namespace stemwright::addon {

/// The code as JS knows it: 'no-room'.
const char* codeName(core::ErrorCode code);

/// A JS Error with the code as its property `code`. [js-thread]
Napi::Error toJs(Napi::Env env, const core::Error& error);

/// The value, or the error thrown into JS. [js-thread]
template <typename T>
T valueOrThrow(Napi::Env env, core::Result<T> result) {
  if (!result) throw toJs(env, result.error());
  return std::move(result).value();
}

}  // namespace stemwright::addon
