#include "addon/separation.h"

#include <limits>
#include <string>
#include <utility>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/event_channel.h"
#include "addon/model_handle.h"
#include "addon/model_spec.h"
#include "session/guard.h"
#include "session/separation_job.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostUnsigned = std::numeric_limits<unsigned>::max();

session::BagMember readMember(const Argument& member, bool onGpu) {
  session::BagMember read;
  read.model = ModelHandle::from(member["model"].object());
  if (!read.model) member["model"].refuse("a Model");
  if (onGpu) read.gpu = ModelHandle::gpuFrom(member["model"].object());
  for (const Argument& weight : member["weights"].elements()) {
    read.weights.push_back(weight.number());
  }
  return read;
}

session::FrameRange readRange(const Argument& range) {
  const std::vector<Argument> ends = range.elements();
  if (ends.size() != 2) range.refuse("[start, end]");
  return {ends[0].size(), ends[1].size()};
}

session::SeparationRequest readRequest(const Argument& spec) {
  session::SeparationRequest request;
  const Argument onGpu = spec["onGpu"];
  for (const Argument& member : spec["models"].elements()) {
    request.models.push_back(readMember(member, !onGpu.isAbsent() && onGpu.flag()));
  }
  request.input = spec["input"].path();
  request.frames = spec["frames"].size();
  request.mean = spec["mean"].number();
  request.std = spec["std"].number();
  for (const Argument& output : spec["outputs"].elements()) {
    request.outputs.push_back(output.isAbsent() ? std::nullopt : std::optional(output.path()));
  }
  request.mode = readMode(spec["mode"]);
  if (const Argument seconds = spec["segmentSeconds"]; !seconds.isAbsent()) {
    request.segmentSeconds = seconds.number();
  }
  request.overlap = spec["overlap"].number();
  request.shifts = static_cast<unsigned>(spec["shifts"].whole(kMostUnsigned));
  request.seed = spec["seed"].whole();
  request.threads = static_cast<unsigned>(spec["threads"].whole(kMostUnsigned));
  if (const Argument range = spec["range"]; !range.isAbsent()) request.range = readRange(range);
  return request;
}

}  // namespace

Napi::Value startSeparation(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  session::SeparationRequest request = readRequest(Argument::of(info, 0, "spec"));
  const Napi::Function onEvent = Argument::of(info, 1, "onEvent").function();
  auto plan = valueOrThrow(
      env, session::guarded([&] { return session::planSeparation(std::move(request)); }));
  const auto control = EventChannel::start(env, onEvent, std::move(plan));

  Napi::Object job = Napi::Object::New(env);
  job.Set("cancel",
          Napi::Function::New(
              env, [control](const Napi::CallbackInfo&) { control->cancel.request(); }, "cancel"));
  job.Set("focus", Napi::Function::New(
                       env,
                       [control](const Napi::CallbackInfo& call) {
                         control->focus = Argument::of(call, 0, "frame").size();
                       },
                       "focus"));
  job.Set("useGpu", Napi::Function::New(
                        env,
                        [control](const Napi::CallbackInfo& call) {
                          control->mayUseDevice = Argument::of(call, 0, "may").flag();
                        },
                        "useGpu"));
  return job;
}

}  // namespace stemwright::addon
