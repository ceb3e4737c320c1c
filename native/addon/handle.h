#pragma once

#include <napi.h>

#include <memory>
#include <string>
#include <utility>

#include "addon/errors.h"

namespace stemwright::addon {

/// A JS object whose methods work on one native thing, until its dispose() lets go of that: from
/// then on they throw 'invalid-argument'. [js-thread]
template <typename T>
class Handle {
 public:
  /// @param kind what messages call it: "the Fft"
  Handle(Napi::Env env, const char* kind, std::shared_ptr<T> thing)
      : object_(Napi::Object::New(env)), slot_(std::make_shared<Slot>(Slot{kind, thing})) {
    object_.Set(
        "dispose",
        Napi::Function::New(
            env, [slot = slot_](const Napi::CallbackInfo&) { slot->thing.reset(); }, "dispose"));
  }

  /// @param work called as work(std::shared_ptr<T>, info); gives a Napi::Value
  template <typename Work>
  Handle& method(const char* name, Work work) {
    object_.Set(name, Napi::Function::New(
                          object_.Env(),
                          [slot = slot_, work](const Napi::CallbackInfo& info) -> Napi::Value {
                            return work(slot->alive(info.Env()), info);
                          },
                          name));
    return *this;
  }
  template <typename Value>
  Handle& value(const char* name, Value value) {
    object_.Set(name, value);
    return *this;
  }
  Napi::Object object() const { return object_; }

 private:
  struct Slot {
    const char* kind;
    std::shared_ptr<T> thing;

    const std::shared_ptr<T>& alive(Napi::Env env) const {
      if (thing) return thing;
      throw toJs(env,
                 {core::ErrorCode::kInvalidArgument, std::string(kind) + " has been disposed of"});
    }
  };

  Napi::Object object_;
  std::shared_ptr<Slot> slot_;
};

}  // namespace stemwright::addon
