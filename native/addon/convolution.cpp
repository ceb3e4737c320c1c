#include "addon/convolution.h"

#include <string>
#include <utility>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/event_channel.h"
#include "addon/one_shot.h"
#include "session/convolution_job.h"
#include "session/guard.h"

namespace stemwright::addon {
namespace {

session::ConvolutionMode readMode(const Argument& mode) {
  const std::string name = mode.text();
  if (name == "direct") return session::ConvolutionMode::kDirect;
  if (name == "fft") return session::ConvolutionMode::kFft;
  if (name != "partitioned") mode.refuse("'direct', 'fft' or 'partitioned'");
  return session::ConvolutionMode::kPartitioned;
}

session::ConvolutionRequest readRequest(const Argument& spec) {
  session::ConvolutionRequest request;
  request.input = spec["input"].path();
  request.channels = spec["channels"].size();
  request.response = spec["response"].path();
  request.responseChannels = spec["responseChannels"].size();
  request.output = spec["output"].path();
  request.mode = readMode(spec["mode"]);
  request.blockSize = spec["blockSize"].size();
  request.wet = spec["wet"].number();
  request.dry = spec["dry"].number();
  return request;
}

}  // namespace

Napi::Value startConvolution(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  session::ConvolutionRequest request = readRequest(Argument::of(info, 0, "spec"));
  const Napi::Function onEvent = Argument::of(info, 1, "onEvent").function();
  auto plan = valueOrThrow(
      env, session::guarded([&] { return session::planConvolution(std::move(request)); }));
  const auto control = EventChannel::start(env, onEvent, std::move(plan));

  Napi::Object job = Napi::Object::New(env);
  job.Set("cancel",
          Napi::Function::New(
              env, [control](const Napi::CallbackInfo&) { control->cancel.request(); }, "cancel"));
  return job;
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

}  // namespace stemwright::addon
