#include "addon/track_functions.h"

#include <memory>
#include <string>
#include <vector>

#include "addon/abort_signal.h"
#include "addon/arguments.h"
#include "addon/one_shot.h"
#include "session/rhythm.h"
#include "session/spectrum_tile.h"
#include "session/tracks.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostLevel = 63;

std::vector<std::string> paths(const Argument& list) {
  std::vector<std::string> paths;
  for (const Argument& element : list.elements()) paths.push_back(element.path());
  return paths;
}

template <typename T>
Napi::Array numbers(Napi::Env env, const std::vector<T>& values) {
  Napi::Array array = Napi::Array::New(env, values.size());
  for (std::uint32_t index = 0; index < values.size(); ++index) {
    array.Set(index, static_cast<double>(values[index]));
  }
  return array;
}

Napi::Value measurementToJs(Napi::Env env, const session::Measurement& measured) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("frames", static_cast<double>(measured.frames));
  object.Set("peaks", numbers(env, measured.peaks));
  object.Set("overs", numbers(env, measured.overs));
  object.Set("nonFinite", numbers(env, measured.nonFinite));
  if (measured.referenceRms) object.Set("referenceRms", *measured.referenceRms);
  if (measured.nullRms) object.Set("nullRms", *measured.nullRms);
  return object;
}

Napi::Value rhythmToJs(Napi::Env env, const session::SongRhythm& rhythm) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("bpm", rhythm.bpm);
  object.Set("confidence", rhythm.confidence);
  object.Set("beats", numbers(env, rhythm.beats));
  object.Set("key", env.Null());
  if (rhythm.key) {
    Napi::Object key = Napi::Object::New(env);
    key.Set("tonic", static_cast<double>(rhythm.key->tonic));
    key.Set("isMinor", rhythm.key->isMinor);
    key.Set("confidence", rhythm.key->confidence);
    object.Set("key", key);
  }
  return object;
}

}  // namespace

Napi::Value measureTracks(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::MeasureRequest request;
  request.tracks = paths(spec["tracks"]);
  request.channels = spec["channels"].size();
  if (const Argument reference = spec["reference"]; !reference.isAbsent()) {
    request.reference = reference.path();
  }
  const auto cancel = flagOf(spec["signal"]);
  return OneShot<session::Measurement>::start(
      info.Env(), [request, cancel] { return session::measureTracks(request, *cancel); },
      measurementToJs);
}

Napi::Value combineTracks(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::CombineRequest request;
  for (const Argument& input : spec["inputs"].elements()) {
    request.inputs.push_back({input["path"].path(), input["gain"].number()});
  }
  request.channels = spec["channels"].size();
  request.output = spec["output"].path();
  const auto cancel = flagOf(spec["signal"]);
  return OneShot<std::size_t>::start(
      info.Env(), [request, cancel] { return session::combineTracks(request, *cancel); },
      [](Napi::Env env, std::size_t frames) {
        Napi::Object object = Napi::Object::New(env);
        object.Set("frames", static_cast<double>(frames));
        return object;
      });
}

Napi::Value spreadResidual(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::SpreadRequest request;
  request.mix = spec["mix"].path();
  request.stems = paths(spec["stems"]);
  request.channels = spec["channels"].size();
  const auto cancel = flagOf(spec["signal"]);
  return startPlain(info.Env(),
                    [request, cancel] { return session::spreadResidual(request, *cancel); });
}

Napi::Value writePeaks(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string track = spec["track"].path();
  const std::size_t channels = spec["channels"].size();
  return startPlain(info.Env(), [track, channels] { return session::writePeaks(track, channels); });
}

Napi::Value ensurePeaks(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string track = spec["track"].path();
  const std::size_t channels = spec["channels"].size();
  return startPlain(info.Env(),
                    [track, channels] { return session::ensurePeaks(track, channels); });
}

Napi::Value spectrumTile(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::SpectrumTileRequest request;
  request.track = spec["track"].path();
  request.channels = spec["channels"].size();
  request.rate = spec["rate"].number();
  request.level = static_cast<unsigned>(spec["level"].whole(kMostLevel));
  request.index = spec["index"].size();
  return OneShot<std::vector<std::byte>>::start(
      info.Env(), [request] { return session::spectrumTile(request); },
      [](Napi::Env env, const std::vector<std::byte>& tile) -> Napi::Value {
        return Napi::Buffer<std::byte>::Copy(env, tile.data(), tile.size());
      });
}

Napi::Value findRhythm(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string track = spec["track"].path();
  const std::size_t channels = spec["channels"].size();
  const double rate = spec["rate"].number();
  const auto cancel = flagOf(spec["signal"]);
  return OneShot<session::SongRhythm>::start(
      info.Env(), [=] { return session::findRhythm(track, channels, rate, *cancel); }, rhythmToJs);
}

Napi::Value replaceRange(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::ReplaceRequest request;
  request.track = spec["track"].path();
  request.channels = spec["channels"].size();
  request.start = spec["start"].size();
  request.end = spec["end"].size();
  request.patch = spec["patch"].path();
  request.patchStart = spec["patchStart"].size();
  request.fadeFrames = spec["fadeFrames"].size();
  request.keep = spec["keep"].path();
  return startPlain(info.Env(), [request] { return session::replaceRange(request); });
}

}  // namespace stemwright::addon
