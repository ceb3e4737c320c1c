#include "addon/effect_arguments.h"

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace stemwright::addon {
namespace {

constexpr std::array<std::pair<const char*, std::size_t>, 3> kStrips{
    {{"master", session::kMasterStrip},
     {"input", session::kInputStrip},
     {"send", session::kSendStrip}}};

template <typename T, std::size_t N>
T named(const Argument& argument, const std::array<std::pair<const char*, T>, N>& names) {
  const std::string name = argument.text();
  std::string all;
  for (const auto& [known, value] : names) {
    if (name == known) return value;
    all += (all.empty() ? "'" : ", '") + std::string(known) + "'";
  }
  argument.refuse("one of " + all);
}

std::optional<double> optionalNumber(const Argument& argument) {
  return argument.isAbsent() ? std::nullopt : std::optional(argument.number());
}

session::EqBand readBand(const Argument& band) {
  using session::FilterKind;
  constexpr std::array<std::pair<const char*, FilterKind>, 7> kKinds{
      {{"lowpass", FilterKind::kLowPass},
       {"highpass", FilterKind::kHighPass},
       {"bandpass", FilterKind::kBandPass},
       {"notch", FilterKind::kNotch},
       {"peak", FilterKind::kPeak},
       {"lowshelf", FilterKind::kLowShelf},
       {"highshelf", FilterKind::kHighShelf}}};
  return {{named(band["kind"], kKinds), band["hz"].number(), band["q"].number(),
           band["gainDb"].number()},
          band["isOn"].flag()};
}

std::vector<session::EqBand> readBands(const Argument& list) {
  std::vector<session::EqBand> bands;
  for (const Argument& band : list.elements()) bands.push_back(readBand(band));
  return bands;
}

session::ReverbRequest readReverb(const Argument& effect) {
  session::ReverbRequest request;
  request.response = effect["response"].path();
  request.channels = effect["channels"].size();
  request.edit = readResponseEdit(effect["edit"]);
  request.edit.isLoudnessNormalised = effect["isLoudnessNormalised"].flag();
  request.mode = readConvolutionMode(effect["mode"]);
  if (const Argument block = effect["blockSize"]; !block.isAbsent()) {
    request.blockSize = block.size();
  }
  request.isThreaded = effect["isThreaded"].flag();
  if (const Argument gpu = effect["gpu"]; !gpu.isAbsent()) {
    request.gpu = {gpu["device"].text(), gpu["cacheFolder"].path()};
  }
  request.dry = effect["dry"].number();
  request.wet = effect["wet"].number();
  request.isDryCompensated = effect["isDryCompensated"].flag();
  return request;
}

}  // namespace

session::ConvolutionMode readConvolutionMode(const Argument& mode) {
  using session::ConvolutionMode;
  constexpr std::array<std::pair<const char*, ConvolutionMode>, 4> kModes{
      {{"direct", ConvolutionMode::kDirect},
       {"fft", ConvolutionMode::kFft},
       {"uniform", ConvolutionMode::kUniform},
       {"partitioned", ConvolutionMode::kPartitioned}}};
  return named(mode, kModes);
}

session::ResponseEdit readResponseEdit(const Argument& edit) {
  session::ResponseEdit read;
  read.beginSeconds = edit["beginSeconds"].number();
  read.endSeconds = optionalNumber(edit["endSeconds"]);
  read.isReversed = edit["isReversed"].flag();
  read.stretch = edit["stretch"].number();
  read.attackSeconds = edit["attackSeconds"].number();
  read.decaySeconds = optionalNumber(edit["decaySeconds"]);
  read.lowCutHz = optionalNumber(edit["lowCutHz"]);
  read.highCutHz = optionalNumber(edit["highCutHz"]);
  const Argument list = edit["bands"];
  const std::vector<session::EqBand> bands = readBands(list);
  if (bands.size() > read.bands.size()) list.refuse("two bands at most");
  std::copy(bands.begin(), bands.end(), read.bands.begin());
  read.width = edit["width"].number();
  read.preDelaySeconds = edit["preDelaySeconds"].number();
  return read;
}

session::EffectRequest readEffect(const Argument& effect) {
  const Argument kind = effect["kind"];
  const std::string name = kind.text();
  if (name == "gain") return session::GainRequest{effect["gain"].number()};
  if (name == "eq") return session::EqRequest{readBands(effect["bands"])};
  if (name == "limiter") return session::LimiterRequest{effect["ceilingDb"].number()};
  if (name != "reverb") kind.refuse("'gain', 'eq', 'reverb' or 'limiter'");
  return readReverb(effect);
}

std::size_t readStripName(const Argument& strip) {
  if (!strip.isText()) return strip.size();
  return named(strip, kStrips);
}

session::InsertPlace readPlace(const Argument& place) {
  return {readStripName(place["strip"]), place["slot"].size()};
}

Napi::Value placeToJs(Napi::Env env, const session::InsertPlace& place) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("strip", static_cast<double>(place.strip));
  for (const auto& [name, strip] : kStrips) {
    if (strip == place.strip) object.Set("strip", name);
  }
  object.Set("slot", static_cast<double>(place.slot));
  return object;
}

Napi::Value effectFactsToJs(Napi::Env env, const session::EffectFacts& facts) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("latencyFrames", static_cast<double>(facts.latencyFrames));
  object.Set("responseFrames", static_cast<double>(facts.responseFrames));
  object.Set("responseGain", facts.responseGain);
  object.Set("dry", facts.dry);
  object.Set("blockSize", static_cast<double>(facts.blockSize));
  object.Set("readSeconds", facts.readSeconds);
  object.Set("prepareSeconds", facts.prepareSeconds);
  object.Set("warmUpSeconds", facts.warmUpSeconds);
  object.Set("load", facts.load);
  object.Set("worstLoad", facts.worstLoad);
  Napi::Object gpu = Napi::Object::New(env);
  gpu.Set("device", facts.gpu.device);
  gpu.Set("fault", facts.gpu.fault);
  gpu.Set("partitions", static_cast<double>(facts.gpu.partitions));
  gpu.Set("frames", static_cast<double>(facts.gpu.frames));
  gpu.Set("warmUpSeconds", facts.gpu.warmUpSeconds);
  gpu.Set("agreementDb", facts.gpu.agreementDb);
  object.Set("gpu", gpu);
  return object;
}

}  // namespace stemwright::addon
