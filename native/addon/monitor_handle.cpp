#include "addon/monitor_handle.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/effect_arguments.h"
#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/one_shot.h"

namespace stemwright::addon {
namespace {

using session::Monitor;

constexpr std::uint64_t kMostOutputFrames = 1 << 20;

session::FrameRange readRange(const Argument& range) {
  const std::vector<Argument> ends = range.elements();
  if (ends.size() != 2) range.refuse("[start, end]");
  return {ends[0].size(), ends[1].size()};
}

std::vector<session::FrameRange> readRanges(const Argument& list) {
  std::vector<session::FrameRange> ranges;
  for (const Argument& range : list.elements()) ranges.push_back(readRange(range));
  return ranges;
}

session::StripState readStrip(const Argument& strip) {
  return {strip["gain"].number(), strip["pan"].number(), strip["isMuted"].flag(),
          strip["isSolo"].flag()};
}

session::MonitorRequest readRequest(const Argument& spec) {
  session::MonitorRequest request;
  const Argument device = spec["device"];
  request.isSilent = !device.isAbsent() && device.text() == "none";
  if (!device.isAbsent() && !request.isSilent) request.device.id = device.text();
  if (const Argument rate = spec["rate"]; !rate.isAbsent()) request.device.rate = rate.number();
  if (const Argument frames = spec["blockFrames"]; !frames.isAbsent()) {
    request.device.frames = frames.size();
  }
  if (const Argument inputs = spec["inputs"]; !inputs.isAbsent()) {
    request.device.inputs = static_cast<std::size_t>(inputs.whole(2));
  }
  return request;
}

session::MonitorSong readSong(const Argument& spec) {
  session::MonitorSong song;
  for (const Argument& track : spec["tracks"].elements()) {
    song.tracks.push_back({track["path"].path(), track["channels"].size(),
                           track["isGrowing"].flag(), track["isSoloSafe"].flag()});
    song.strips.push_back(readStrip(track["strip"]));
  }
  if (const Argument effects = spec["effects"]; !effects.isAbsent()) {
    for (const Argument& placed : effects.elements()) {
      song.effects.push_back({readPlace(placed["place"]), readEffect(placed["effect"])});
    }
  }
  song.rate = spec["rate"].number();
  if (const Argument ranges = spec["finished"]; !ranges.isAbsent()) {
    song.finished = readRanges(ranges);
  }
  if (const Argument position = spec["position"]; !position.isAbsent()) {
    song.position = position.size();
  } else {
    song.isContinued = true;
  }
  return song;
}

Napi::Array pair(Napi::Env env, const std::array<float, 2>& values) {
  Napi::Array array = Napi::Array::New(env, 2);
  array.Set(0u, static_cast<double>(values[0]));
  array.Set(1u, static_cast<double>(values[1]));
  return array;
}

Napi::Object levelsToJs(Napi::Env env, const session::Levels& levels) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("peak", pair(env, levels.peak));
  object.Set("rms", pair(env, levels.rms));
  object.Set("truePeak", static_cast<double>(levels.truePeak));
  return object;
}

Napi::Object readingToJs(Napi::Env env, const session::MonitorReading& reading) {
  const auto number = [](auto value) { return static_cast<double>(value); };
  const session::Snapshot& engine = reading.engine;
  Napi::Object object = Napi::Object::New(env);
  object.Set("position", reading.position);
  object.Set("isPlaying", engine.isPlaying);
  object.Set("isWaiting", engine.isWaiting);
  object.Set("songs", number(engine.songs));
  object.Set("blocks", number(engine.blocks));
  object.Set("loadMean", engine.loadMean);
  object.Set("loadWorst", engine.loadWorst);
  object.Set("overloads", number(engine.overloads));
  object.Set("ownOverloads", number(reading.ownOverloads));
  object.Set("ownLoadWorst", reading.ownLoadWorst);
  object.Set("xruns", number(reading.device.xruns));
  object.Set("lateReads", number(engine.lateReads));
  object.Set("readFaults", number(reading.readFaults));
  object.Set("nonFiniteBlocks", number(engine.nonFiniteBlocks));
  object.Set("droppedOutput", number(reading.droppedOutput));
  object.Set("inputLatencySeconds", reading.device.inputLatencySeconds);
  object.Set("outputLatencySeconds", reading.device.outputLatencySeconds);
  object.Set("isDeviceRunning", reading.device.isRunning);
  Napi::Array strips = Napi::Array::New(env, engine.strips);
  for (std::uint32_t i = 0; i < engine.strips; ++i) {
    strips.Set(i, levelsToJs(env, engine.strip[i]));
  }
  object.Set("strips", strips);
  Napi::Array effects = Napi::Array::New(env, reading.effects.size());
  for (std::uint32_t i = 0; i < reading.effects.size(); ++i) {
    const auto& [place, effect] = reading.effects[i];
    Napi::Object entry = Napi::Object::New(env);
    entry.Set("place", placeToJs(env, place));
    entry.Set("reductionDb", effect.reductionDb);
    entry.Set("missedBlocks", number(effect.missedBlocks));
    entry.Set("gpuBlocks", number(effect.gpu.computed));
    entry.Set("lateGpuBlocks", number(effect.gpu.late + effect.gpu.refused));
    entry.Set("isGpuLost", effect.gpu.isLost);
    effects.Set(i, entry);
  }
  object.Set("effects", effects);
  object.Set("master", levelsToJs(env, engine.master));
  object.Set("input", levelsToJs(env, engine.input));
  object.Set("send", levelsToJs(env, engine.send));
  return object;
}

Napi::Object deviceToJs(Napi::Env env, const session::DeviceInfo& device) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", device.id);
  object.Set("name", device.name);
  object.Set("system", device.system);
  object.Set("inputs", static_cast<double>(device.inputs));
  object.Set("outputs", static_cast<double>(device.outputs));
  object.Set("rate", device.rate);
  object.Set("isDefault", device.isDefault);
  return object;
}

}  // namespace

Napi::Function MonitorHandle::define(Napi::Env env) {
  return DefineClass(env, "Monitor",
                     {InstanceAccessor<&MonitorHandle::info>("info"),
                      InstanceMethod<&MonitorHandle::load>("load"),
                      InstanceMethod<&MonitorHandle::unload>("unload"),
                      InstanceMethod<&MonitorHandle::play>("play"),
                      InstanceMethod<&MonitorHandle::pause>("pause"),
                      InstanceMethod<&MonitorHandle::seek>("seek"),
                      InstanceMethod<&MonitorHandle::loop>("loop"),
                      InstanceMethod<&MonitorHandle::setTimePitch>("setTimePitch"),
                      InstanceMethod<&MonitorHandle::setStrip>("setStrip"),
                      InstanceMethod<&MonitorHandle::setMaster>("setMaster"),
                      InstanceMethod<&MonitorHandle::setInput>("setInput"),
                      InstanceMethod<&MonitorHandle::setFinished>("setFinished"),
                      InstanceMethod<&MonitorHandle::refresh>("refresh"),
                      InstanceMethod<&MonitorHandle::resetCounters>("resetCounters"),
                      InstanceMethod<&MonitorHandle::setEffect>("setEffect"),
                      InstanceMethod<&MonitorHandle::measureEffect>("measureEffect"),
                      InstanceMethod<&MonitorHandle::removeEffect>("removeEffect"),
                      InstanceMethod<&MonitorHandle::setSend>("setSend"),
                      InstanceMethod<&MonitorHandle::measureLatency>("measureLatency"),
                      InstanceMethod<&MonitorHandle::meters>("meters"),
                      InstanceMethod<&MonitorHandle::readOutput>("readOutput"),
                      InstanceMethod<&MonitorHandle::setPace>("setPace"),
                      InstanceMethod<&MonitorHandle::close>("close")});
}

Napi::Value MonitorHandle::open(const Napi::CallbackInfo& info) {
  const auto request = readRequest(Argument::of(info, 0, "spec"));
  using Opened = std::shared_ptr<Monitor>;
  return OneShot<Opened>::start(
      info.Env(),
      [request]() -> core::Result<Opened> {
        auto opened = Monitor::open(request);
        if (!opened) return opened.error();
        return Opened(std::move(opened).value());
      },
      [](Napi::Env env, Opened monitor) -> Napi::Value {
        const Napi::Object handle = Environment::of(env).monitor.New({});
        Unwrap(handle)->monitor_ = std::move(monitor);
        return handle;
      });
}

Napi::Value MonitorHandle::devices(const Napi::CallbackInfo& info) {
  using List = std::vector<session::DeviceInfo>;
  return OneShot<List>::start(
      info.Env(), [] { return session::devices(); },
      [](Napi::Env env, const List& list) -> Napi::Value {
        Napi::Array array = Napi::Array::New(env, list.size());
        for (std::uint32_t i = 0; i < list.size(); ++i) array.Set(i, deviceToJs(env, list[i]));
        return array;
      });
}

Napi::Value MonitorHandle::deviceChanges(const Napi::CallbackInfo& info) {
  const session::DeviceChanges changes = session::deviceChanges();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("list", static_cast<double>(changes.list));
  object.Set("defaultOutput", static_cast<double>(changes.defaultOutput));
  return object;
}

Monitor& MonitorHandle::monitor() const {
  if (monitor_) return *monitor_;
  throw toJs(Env(), {core::ErrorCode::kInvalidArgument, "the Monitor has been closed"});
}

void MonitorHandle::check(const core::Status& status) const {
  if (!status.ok()) throw toJs(Env(), status.error());
}

Napi::Value MonitorHandle::info(const Napi::CallbackInfo& info) {
  const Monitor& open = monitor();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("device", open.deviceName());
  object.Set("isSilent", open.isSilent());
  object.Set("rate", open.rate());
  object.Set("blockFrames", static_cast<double>(open.blockFrames()));
  object.Set("inputs", static_cast<double>(open.inputs()));
  return object;
}

Napi::Value MonitorHandle::load(const Napi::CallbackInfo& info) {
  monitor();
  const auto song = readSong(Argument::of(info, 0, "song"));
  return startPlain(info.Env(), [song, open = monitor_] { return open->load(song); });
}

Napi::Value MonitorHandle::close(const Napi::CallbackInfo& info) {
  return startPlain(info.Env(), [open = std::exchange(monitor_, nullptr)]() mutable {
    open.reset();
    return core::Status();
  });
}

void MonitorHandle::unload(const Napi::CallbackInfo&) {
  check(monitor().unload());
}
void MonitorHandle::play(const Napi::CallbackInfo&) {
  check(monitor().play());
}
void MonitorHandle::pause(const Napi::CallbackInfo&) {
  check(monitor().pause());
}
void MonitorHandle::seek(const Napi::CallbackInfo& info) {
  check(monitor().seek(Argument::of(info, 0, "frame").size()));
}
void MonitorHandle::loop(const Napi::CallbackInfo& info) {
  const Argument range = Argument::of(info, 0, "range");
  check(monitor().loop(range.isAbsent() ? std::nullopt : std::optional(readRange(range))));
}
Napi::Value MonitorHandle::setTimePitch(const Napi::CallbackInfo& info) {
  monitor();
  const session::TimePitch timePitch{Argument::of(info, 0, "semitones").number(),
                                     static_cast<float>(Argument::of(info, 1, "speed").number())};
  return startPlain(info.Env(),
                    [timePitch, open = monitor_] { return open->setTimePitch(timePitch); });
}
void MonitorHandle::setStrip(const Napi::CallbackInfo& info) {
  check(monitor().setStrip(Argument::of(info, 0, "index").size(),
                           readStrip(Argument::of(info, 1, "strip"))));
}
void MonitorHandle::setMaster(const Napi::CallbackInfo& info) {
  check(monitor().setMaster(Argument::of(info, 0, "gain").number()));
}
void MonitorHandle::setInput(const Napi::CallbackInfo& info) {
  check(monitor().setInput(readStrip(Argument::of(info, 0, "strip"))));
}
void MonitorHandle::setFinished(const Napi::CallbackInfo& info) {
  check(monitor().setFinished(readRanges(Argument::of(info, 0, "ranges"))));
}
void MonitorHandle::refresh(const Napi::CallbackInfo& info) {
  check(monitor().refresh(readRange(Argument::of(info, 0, "range"))));
}
void MonitorHandle::resetCounters(const Napi::CallbackInfo&) {
  check(monitor().resetCounters());
}

Napi::Value MonitorHandle::setEffect(const Napi::CallbackInfo& info) {
  monitor();
  const auto place = readPlace(Argument::of(info, 0, "place"));
  const auto effect = readEffect(Argument::of(info, 1, "effect"));
  return OneShot<session::EffectFacts>::start(
      info.Env(), [place, effect, open = monitor_] { return open->setEffect(place, effect); },
      effectFactsToJs);
}
Napi::Value MonitorHandle::measureEffect(const Napi::CallbackInfo& info) {
  monitor();
  const auto effect = readEffect(Argument::of(info, 0, "effect"));
  return OneShot<session::EffectFacts>::start(
      info.Env(), [effect, open = monitor_] { return open->measureEffect(effect); },
      effectFactsToJs);
}
void MonitorHandle::removeEffect(const Napi::CallbackInfo& info) {
  check(monitor().removeEffect(readPlace(Argument::of(info, 0, "place"))));
}
void MonitorHandle::setSend(const Napi::CallbackInfo& info) {
  check(monitor().setSend(readStripName(Argument::of(info, 0, "strip")),
                          Argument::of(info, 1, "gain").number()));
}

Napi::Value MonitorHandle::measureLatency(const Napi::CallbackInfo& info) {
  monitor();
  return OneShot<std::size_t>::start(
      info.Env(), [open = monitor_] { return open->measureLatency(); },
      [](Napi::Env env, std::size_t frames) -> Napi::Value {
        return Napi::Number::New(env, static_cast<double>(frames));
      });
}

Napi::Value MonitorHandle::meters(const Napi::CallbackInfo& info) {
  return readingToJs(info.Env(), monitor().read());
}

Napi::Value MonitorHandle::readOutput(const Napi::CallbackInfo& info) {
  const auto most = Argument::of(info, 0, "frames").whole(kMostOutputFrames);
  std::vector<float> samples(2 * most);
  const std::size_t frames = monitor().readOutput(samples);
  return Napi::Buffer<float>::Copy(info.Env(), samples.data(), 2 * frames);
}

void MonitorHandle::setPace(const Napi::CallbackInfo& info) {
  monitor().setPace(Argument::of(info, 0, "pace").number());
}

}  // namespace stemwright::addon
