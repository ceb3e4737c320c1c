#include "addon/event_channel.h"

#include <unordered_set>
#include <utility>

#include "addon/errors.h"

namespace stemwright::addon {
namespace {

constexpr std::size_t kMostWaiting = 2;  // one progress and the end

/// Jobs that process.exit() finds running: no finaliser runs then, but static objects are
/// destroyed under the feet of the job's threads. So the jobs end first.
class RunningJobs {
 public:
  ~RunningJobs() {
    const std::lock_guard lock(mutex_);
    for (session::SeparationJob* job : jobs_) job->cancel();
    for (session::SeparationJob* job : jobs_) job->join();
  }
  void add(session::SeparationJob* job) {
    const std::lock_guard lock(mutex_);
    jobs_.insert(job);
  }
  void remove(session::SeparationJob* job) {
    const std::lock_guard lock(mutex_);
    jobs_.erase(job);
  }

 private:
  std::mutex mutex_;
  std::unordered_set<session::SeparationJob*> jobs_;
};

/// Made at the first job, hence destroyed before what was there by then.
RunningJobs& runningJobs() {
  static RunningJobs jobs;
  return jobs;
}

Napi::Object event(Napi::Env env, const char* type) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", type);
  return object;
}

Napi::Value progressEvent(Napi::Env env, const session::JobProgress& progress) {
  Napi::Array finished = Napi::Array::New(env, progress.finished.size());
  for (std::uint32_t index = 0; index < progress.finished.size(); ++index) {
    Napi::Array range = Napi::Array::New(env, 2);
    range.Set(0u, static_cast<double>(progress.finished[index].first));
    range.Set(1u, static_cast<double>(progress.finished[index].second));
    finished.Set(index, range);
  }
  Napi::Object object = event(env, "progress");
  object.Set("segment", static_cast<double>(progress.segment));
  object.Set("segments", static_cast<double>(progress.segments));
  object.Set("finished", finished);
  object.Set("fraction", progress.fraction);
  object.Set("etaSeconds",
             progress.etaSeconds ? Napi::Number::New(env, *progress.etaSeconds) : env.Null());
  return object;
}

Napi::Value endEvent(Napi::Env env, const EventChannel::Outcome& outcome) {
  if (outcome.ok()) {
    Napi::Object object = event(env, "done");
    object.Set("seconds", outcome.value().seconds);
    object.Set("segmentSeconds", outcome.value().segmentSeconds);
    object.Set("gpuSegments", static_cast<double>(outcome.value().onDevice));
    object.Set("gpuFault", outcome.value().deviceFault);
    return object;
  }
  if (outcome.error().code == core::ErrorCode::kCancelled) return event(env, "cancelled");
  Napi::Object object = event(env, "failed");
  object.Set("code", codeName(outcome.error().code));
  object.Set("message", outcome.error().message);
  return object;
}

}  // namespace

std::shared_ptr<session::SeparationControl> EventChannel::start(Napi::Env env,
                                                                const Napi::Function& onEvent,
                                                                session::JobPlan plan) {
  auto owned = std::make_unique<EventChannel>();
  owned->bell_ = Bell::New(env, onEvent, "stemwright separation", kMostWaiting, 1, owned.get(),
                           [](Napi::Env, void*, EventChannel* ended) {
                             if (ended->job_) runningJobs().remove(ended->job_.get());
                             delete ended;
                           });
  EventChannel* const channel = owned.release();
  RunningJobs& running = runningJobs();
  auto job = session::SeparationJob::start(
      std::move(plan),
      {[channel](const session::JobProgress& progress) { channel->onProgress(progress); },
       [channel](const Outcome& outcome) { channel->onEnd(outcome); }});
  if (!job) channel->bell_.Release();
  channel->job_ = valueOrThrow(env, std::move(job));
  running.add(channel->job_.get());
  return channel->job_->control();
}

void EventChannel::onProgress(const session::JobProgress& progress) {
  {
    const std::lock_guard lock(mutex_);
    progress_ = progress;
  }
  ring();
}

void EventChannel::onEnd(const Outcome& outcome) {
  {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
  }
  ring();
  if (!bellClosed_) bell_.Release();
}

void EventChannel::ring() {
  if (!bellClosed_) bellClosed_ = bell_.NonBlockingCall() == napi_closing;
}

void EventChannel::deliver(Napi::Env env, Napi::Function callback, EventChannel* channel, void*) {
  if (env == nullptr || callback == nullptr) return;
  try {
    const Napi::Value next = channel->takeEvent(env);
    if (!next.IsEmpty()) callback.Call({next});
  } catch (const Napi::Error& error) {
    // What the callback throws has no caller to go to: it is an uncaught exception of the program.
    napi_fatal_exception(env, error.Value());
  }
}

Napi::Value EventChannel::takeEvent(Napi::Env env) {
  std::optional<session::JobProgress> progress;
  std::optional<Outcome> outcome;
  {
    const std::lock_guard lock(mutex_);
    if (progress_) {
      progress = std::exchange(progress_, std::nullopt);
    } else {
      outcome = std::exchange(outcome_, std::nullopt);
    }
  }
  if (progress) return progressEvent(env, *progress);
  return outcome ? endEvent(env, *outcome) : Napi::Value();
}

}  // namespace stemwright::addon
