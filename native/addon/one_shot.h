#pragma once

#include <napi.h>

#include <functional>
#include <optional>
#include <utility>

#include "addon/errors.h"
#include "core/result.h"
#include "session/guard.h"

namespace stemwright::addon {

/// The value of work that only succeeds or fails.
struct Nothing {};

/// One piece of work on a thread of Node's pool, and the promise of its outcome.
/// `work` runs there and touches no JS; `convert` and `settled` run on the JS thread.
template <typename T>
class OneShot final : public Napi::AsyncWorker {
 public:
  using Work = std::function<core::Result<T>()>;
  using Convert = std::function<Napi::Value(Napi::Env, T)>;

  static Napi::Promise start(
      Napi::Env env, Work work, Convert convert, std::function<void()> settled = [] {}) {
    auto* worker = new OneShot(env, std::move(work), std::move(convert), std::move(settled));
    const Napi::Promise promise = worker->deferred_.Promise();
    worker->Queue();
    return promise;
  }

 private:
  OneShot(Napi::Env env, Work work, Convert convert, std::function<void()> settled)
      : AsyncWorker(env, "stemwright"),
        work_(std::move(work)),
        convert_(std::move(convert)),
        settled_(std::move(settled)),
        deferred_(Napi::Promise::Deferred::New(env)) {}

  void Execute() override { outcome_.emplace(session::guarded(work_)); }

  void OnOK() override {
    settled_();
    if (!outcome_->ok()) return deferred_.Reject(toJs(Env(), outcome_->error()).Value());
    try {
      deferred_.Resolve(convert_(Env(), std::move(*outcome_).value()));
    } catch (const Napi::Error& error) {
      deferred_.Reject(error.Value());
    }
  }

  Work work_;
  Convert convert_;
  std::function<void()> settled_;
  Napi::Promise::Deferred deferred_;
  std::optional<core::Result<T>> outcome_;
};

/// The same for work without a value; the promise is fulfilled with undefined.
inline Napi::Promise startPlain(
    Napi::Env env, std::function<core::Status()> work, std::function<void()> settled = [] {}) {
  return OneShot<Nothing>::start(
      env,
      [work = std::move(work)]() -> core::Result<Nothing> {
        STEMWRIGHT_TRY(work());
        return Nothing{};
      },
      [](Napi::Env on, Nothing) { return on.Undefined(); }, std::move(settled));
}

/// A promise that is already rejected.
inline Napi::Promise rejected(Napi::Env env, const core::Error& error) {
  const auto deferred = Napi::Promise::Deferred::New(env);
  deferred.Reject(toJs(env, error).Value());
  return deferred.Promise();
}

}  // namespace stemwright::addon
