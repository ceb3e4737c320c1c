#include "addon/track_writer_handle.h"

#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/one_shot.h"
#include "session/guard.h"

namespace stemwright::addon {
namespace {

Napi::Value statsToJs(Napi::Env env, const session::TrackStats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("frames", static_cast<double>(stats.frames));
  object.Set("mean", stats.mean);
  object.Set("std", stats.deviation);
  object.Set("peak", stats.peak);
  object.Set("nonFinite", static_cast<double>(stats.nonFinite));
  return object;
}

}  // namespace

Napi::Function TrackWriterHandle::define(Napi::Env env) {
  return DefineClass(env, "TrackWriter",
                     {InstanceMethod<&TrackWriterHandle::append>("append"),
                      InstanceMethod<&TrackWriterHandle::finish>("finish"),
                      InstanceMethod<&TrackWriterHandle::dispose>("dispose")});
}

Napi::Value TrackWriterHandle::create(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = Argument::of(info, 0, "path").path();
  const std::size_t channels = Argument::of(info, 1, "channels").size();
  auto writer = valueOrThrow(
      env, session::guarded([&] { return session::TrackWriter::create(path, channels); }));
  const Napi::Object handle = Environment::of(env).trackWriter.New({});
  Unwrap(handle)->state_ = std::make_shared<State>(State{std::move(writer)});
  return handle;
}

std::optional<core::Error> TrackWriterHandle::obstacle() const {
  using core::Error;
  using core::ErrorCode;
  if (!state_) return Error{ErrorCode::kInvalidArgument, "the TrackWriter has been disposed of"};
  if (!state_->busy) return std::nullopt;
  return Error{ErrorCode::kInvalidArgument, "the TrackWriter is still busy with the last call"};
}

Napi::Value TrackWriterHandle::append(const Napi::CallbackInfo& info) {
  std::vector<std::byte> chunk = Argument::of(info, 0, "chunk").bytes();
  if (const auto error = obstacle()) return rejected(info.Env(), *error);
  state_->busy = true;
  return startPlain(
      info.Env(),
      [state = state_, chunk = std::move(chunk)] { return state->writer.append(chunk); },
      [state = state_] { state->busy = false; });
}

Napi::Value TrackWriterHandle::finish(const Napi::CallbackInfo& info) {
  if (const auto error = obstacle()) return rejected(info.Env(), *error);
  state_->busy = true;
  return OneShot<session::TrackStats>::start(
      info.Env(), [state = state_] { return state->writer.finish(); }, statsToJs,
      [state = state_] { state->busy = false; });
}

}  // namespace stemwright::addon
