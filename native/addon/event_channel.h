#pragma once

#include <napi.h>

#include <memory>
#include <mutex>
#include <optional>

#include "core/result.h"
#include "session/separation_job.h"

namespace stemwright::addon {

/// Carries the events of one job from its thread to a JS callback. Progress that JS was too busy
/// to take is replaced by newer progress; the end is never lost. It owns the job and deletes
/// itself, after joining it, when the end was taken or when the JS environment closes.
class EventChannel {
 public:
  using Outcome = core::Result<session::JobResult>;

  /// Starts the job. @return what steers it, which may outlive both [js-thread]
  static std::shared_ptr<session::SeparationControl> start(Napi::Env env,
                                                           const Napi::Function& onEvent,
                                                           session::JobPlan plan);

 private:
  static void deliver(Napi::Env env, Napi::Function callback, EventChannel* channel, void*);
  using Bell = Napi::TypedThreadSafeFunction<EventChannel, void, deliver>;

  void onProgress(const session::JobProgress& progress);
  void onEnd(const Outcome& outcome);
  void ring();
  Napi::Value takeEvent(Napi::Env env);

  std::mutex mutex_;
  std::optional<session::JobProgress> progress_;
  std::optional<Outcome> outcome_;
  /// Each ring has deliver() called once. As many fit as events can wait, so that a ring that
  /// finds the queue full is not needed.
  Bell bell_;
  bool bellClosed_ = false;  ///< only the job's thread looks
  std::unique_ptr<session::SeparationJob> job_;
};

}  // namespace stemwright::addon
