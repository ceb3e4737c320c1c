#pragma once

#include <napi.h>

namespace stemwright::addon {

/// What belongs to one JS environment: the main thread's or a Worker's.
struct Environment {
  Napi::FunctionReference trackWriter;
  Napi::FunctionReference model;
  Napi::FunctionReference monitor;

  static Environment& of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }
};

}  // namespace stemwright::addon
