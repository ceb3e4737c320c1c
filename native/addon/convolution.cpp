#include "addon/convolution.h"

#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/effect_arguments.h"
#include "addon/errors.h"
#include "addon/event_channel.h"
#include "addon/one_shot.h"
#include "session/convolution_job.h"
#include "session/guard.h"
#include "session/print_job.h"
#include "session/response.h"

namespace stemwright::addon {
namespace {

session::ConvolutionRequest readRequest(const Argument& spec) {
  session::ConvolutionRequest request;
  request.input = spec["input"].path();
  request.channels = spec["channels"].size();
  request.response = spec["response"].path();
  request.responseChannels = spec["responseChannels"].size();
  request.output = spec["output"].path();
  request.mode = readConvolutionMode(spec["mode"]);
  request.blockSize = spec["blockSize"].size();
  request.wet = spec["wet"].number();
  request.dry = spec["dry"].number();
  if (const Argument id = spec["gpu"]; !id.isAbsent()) request.gpu = id.text();
  return request;
}

std::vector<session::PrintEffect> readChain(const Argument& list) {
  std::vector<session::PrintEffect> effects;
  for (const Argument& placed : list.elements()) {
    effects.push_back({placed["slot"].size(), readEffect(placed["effect"])});
  }
  return effects;
}

/// Starts what the plan says, with the second argument as listener. @return { cancel() }
template <typename Plan>
Napi::Value startJob(const Napi::CallbackInfo& info, Plan plan) {
  const Napi::Env env = info.Env();
  const Napi::Function onEvent = Argument::of(info, 1, "onEvent").function();
  const auto control = EventChannel::start(env, onEvent, valueOrThrow(env, session::guarded(plan)));
  Napi::Object job = Napi::Object::New(env);
  job.Set("cancel",
          Napi::Function::New(
              env, [control](const Napi::CallbackInfo&) { control->cancel.request(); }, "cancel"));
  return job;
}

Napi::Array numbers(Napi::Env env, const std::vector<float>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (std::uint32_t i = 0; i < values.size(); ++i) array.Set(i, static_cast<double>(values[i]));
  return array;
}

Napi::Value factsToJs(Napi::Env env, const session::ResponseFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("frames", static_cast<double>(facts.frames));
  object.Set("loudnessGain", facts.loudnessGain);
  Napi::Array peaks = Napi::Array::New(env, facts.peaks.size());
  for (std::uint32_t i = 0; i < facts.peaks.size(); ++i) peaks.Set(i, numbers(env, facts.peaks[i]));
  object.Set("peaks", peaks);
  Napi::Array decay = Napi::Array::New(env, facts.decay.size());
  for (std::uint32_t i = 0; i < facts.decay.size(); ++i) {
    const session::BandDecay& band = facts.decay[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("hz", band.hz);
    entry.Set("seconds",
              band.seconds ? Napi::Value(Napi::Number::New(env, *band.seconds)) : env.Null());
    decay.Set(i, entry);
  }
  object.Set("decay", decay);
  return object;
}

}  // namespace

Napi::Value startConvolution(const Napi::CallbackInfo& info) {
  session::ConvolutionRequest request = readRequest(Argument::of(info, 0, "spec"));
  return startJob(info, [&] { return session::planConvolution(std::move(request)); });
}

Napi::Value startPrint(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::PrintRequest request;
  for (const Argument& track : spec["tracks"].elements()) {
    request.tracks.push_back({track["path"].path(), readChain(track["effects"]),
                              track["gain"].number(), track["pan"].number(),
                              track["send"].number()});
  }
  request.channels = static_cast<std::size_t>(spec["channels"].whole(2));
  request.rate = spec["rate"].number();
  request.output = spec["output"].path();
  if (spec["isSend"].flag()) request.bus = session::PrintBus::kSend;
  request.sendEffects = readChain(spec["sendEffects"]);
  request.masterEffects = readChain(spec["masterEffects"]);
  return startJob(info, [&] { return session::planPrint(std::move(request)); });
}

Napi::Value responseGain(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string track = spec["track"].path();
  const std::size_t channels = spec["channels"].size();
  const double rate = spec["rate"].number();
  return OneShot<double>::start(
      info.Env(), [track, channels, rate] { return session::responseGain(track, channels, rate); },
      [](Napi::Env env, double gain) -> Napi::Value { return Napi::Number::New(env, gain); });
}

Napi::Value describeResponse(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::ResponseQuestion question;
  question.track = spec["track"].path();
  question.channels = spec["channels"].size();
  question.rate = spec["rate"].number();
  question.edit = readResponseEdit(spec["edit"]);
  question.columns = static_cast<std::size_t>(spec["columns"].whole(65'536));
  return OneShot<session::ResponseFacts>::start(
      info.Env(), [question] { return session::describeResponse(question); }, factsToJs);
}

}  // namespace stemwright::addon
