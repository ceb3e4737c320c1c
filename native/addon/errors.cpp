#include "addon/errors.h"

namespace stemwright::addon {

const char* codeName(core::ErrorCode code) {
  switch (code) {
    case core::ErrorCode::kInvalidArgument:
      return "invalid-argument";
    case core::ErrorCode::kInput:
      return "input";
    case core::ErrorCode::kModel:
      return "model";
    case core::ErrorCode::kNoRoom:
      return "no-room";
    case core::ErrorCode::kOutput:
      return "output";
    case core::ErrorCode::kCancelled:
      return "cancelled";
    case core::ErrorCode::kDeviceLost:
    case core::ErrorCode::kInternal:
      break;
  }
  return "internal";
}

Napi::Error toJs(Napi::Env env, const core::Error& error) {
  Napi::Error thrown = Napi::Error::New(env, error.message);
  thrown.Value().Set("code", codeName(error.code));
  return thrown;
}

}  // namespace stemwright::addon
