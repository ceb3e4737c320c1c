#pragma once

#include <napi.h>

#include <memory>
#include <optional>

#include "core/result.h"
#include "session/tracks.h"

namespace stemwright::addon {

/// The JS object TrackWriter. One append() or finish() at a time: the next one waits for the
/// promise of the one before, or is rejected. [js-thread]
class TrackWriterHandle : public Napi::ObjectWrap<TrackWriterHandle> {
 public:
  static Napi::Function define(Napi::Env env);
  /// createTrack(path, channels)
  static Napi::Value create(const Napi::CallbackInfo& info);

  /// Made by JS itself, it is a disposed one.
  explicit TrackWriterHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {}

 private:
  struct State {
    session::TrackWriter writer;
    bool busy = false;
  };

  Napi::Value append(const Napi::CallbackInfo& info);
  Napi::Value finish(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo&) { state_.reset(); }
  /// Why nothing can be started now.
  std::optional<core::Error> obstacle() const;

  std::shared_ptr<State> state_;
};

}  // namespace stemwright::addon
