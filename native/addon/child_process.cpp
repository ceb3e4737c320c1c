#include "addon/child_process.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/one_shot.h"
#include "core/child_process.h"

namespace stemwright::addon {
namespace {

using core::ChildProcess;

Napi::Value waitFor(Napi::Env env, const std::shared_ptr<ChildProcess>& child) {
  return OneShot<std::optional<int>>::start(
      env, [child] { return core::Result<std::optional<int>>(child->wait()); },
      [](Napi::Env on, std::optional<int> code) -> Napi::Value {
        if (!code) return on.Null();
        return Napi::Number::New(on, *code);
      });
}

}  // namespace

Napi::Value startProgram(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string program = Argument::of(info, 0, "program").path();
  std::vector<std::string> arguments;
  for (const Argument& argument : Argument::of(info, 1, "arguments").elements()) {
    arguments.push_back(argument.isText() && argument.text().empty() ? "" : argument.path());
  }
  const auto started = valueOrThrow(env, ChildProcess::start(program, arguments));
  const std::shared_ptr<ChildProcess> child = started.child;
  Napi::Object object = Napi::Object::New(env);
  object.Set("output", started.output);
  object.Set("errors", started.errors);
  object.Set("kill", Napi::Function::New(
                         env, [child](const Napi::CallbackInfo&) { child->kill(); }, "kill"));
  object.Set("wait", Napi::Function::New(
                         env,
                         [child](const Napi::CallbackInfo& call) -> Napi::Value {
                           return waitFor(call.Env(), child);
                         },
                         "wait"));
  return object;
}

}  // namespace stemwright::addon
