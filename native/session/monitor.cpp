#include "session/monitor.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "core/thread_time.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

/// Beyond the playhead, for what happens until a command takes effect.
constexpr double kAheadSeconds = 0.1;
constexpr auto kPollPeriod = std::chrono::milliseconds(5);
/// A song whose first sound takes longer is put in place all the same, and waits there.
constexpr double kMostWaitSeconds = 5;

Status sent(bool isTaken) {
  if (isTaken) return {};
  return Error{ErrorCode::kInternal, "the sound device has stopped taking commands"};
}

Error noSong() {
  return {ErrorCode::kInvalidArgument, "no song is loaded"};
}

rt::SongSpec specOf(const std::vector<MonitorTrack>& tracks, double rate,
                    const TimePitch& timePitch) {
  rt::SongSpec spec{{}, rate, timePitch};
  for (const MonitorTrack& track : tracks) {
    spec.tracks.push_back({track.path, track.channels, track.isGrowing});
  }
  return spec;
}

/// Each strip's gains: a solo mutes all others but those that are safe from it.
std::vector<rt::Gains> effectiveGains(const std::vector<MonitorTrack>& tracks,
                                      const std::vector<StripState>& strips) {
  const bool hasSolo = std::any_of(strips.begin(), strips.end(),
                                   [](const StripState& strip) { return strip.isSolo; });
  std::vector<rt::Gains> gains;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    const StripState& strip = strips[i];
    const bool isLeftOut = hasSolo && !strip.isSolo && !tracks[i].isSoloSafe;
    gains.push_back(rt::gainsOf(strip.isMuted || isLeftOut ? 0 : strip.gain, strip.pan));
  }
  return gains;
}

/// Those go with the song that has just been replaced.
constexpr auto isOfTrack = [](const auto& entry) { return entry.first.strip < rt::kMostStrips; };

}  // namespace

core::Result<std::unique_ptr<Monitor>> Monitor::open(const MonitorRequest& request) {
  std::unique_ptr<Monitor> monitor(new Monitor);
  STEMWRIGHT_TRY(monitor->start(request));
  return monitor;
}

Status Monitor::start(const MonitorRequest& request) {
  isSilent_ = request.isSilent;
  auto device = isSilent_ ? audio::NullDevice::open(request.device, *this, this)
                          : audio::openDevice(request.device, *this);
  if (!device) return device.error();
  device_ = std::move(device).value();
  if (isSilent_) silent_ = static_cast<audio::NullDevice*>(device_.get());
  engine_ = std::make_unique<rt::Engine>(device_->rate());
  if (device_->inputs() > 0) probe_ = std::make_unique<rt::LatencyProbe>(device_->rate());
  return device_->start();
}

Monitor::~Monitor() {
  device_.reset();
}

Status Monitor::load(const MonitorSong& song) {
  if (song.strips.size() != song.tracks.size()) {
    return Error{ErrorCode::kInvalidArgument, "one strip per track is needed"};
  }
  const std::lock_guard loading(loading_);
  auto opened = rt::SongStream::open(specOf(song.tracks, song.rate, timePitch_), device_->rate());
  if (!opened) return opened.error();
  std::unique_ptr<rt::SongStream> stream = std::move(opened).value();
  stream->setFinished(song.finished);
  const std::int64_t position = song.isContinued
                                    ? engine_->snapshot().position
                                    : stream->toHeard(static_cast<std::int64_t>(song.position));
  stream->waitFor(std::min(position, std::max<std::int64_t>(0, stream->frames() - 1)),
                  kMostWaitSeconds);

  std::map<InsertPlace, Placed> effects;
  std::map<InsertPlace, std::unique_ptr<rt::Insert>> inserts;
  for (const MonitorEffect& wanted : song.effects) {
    const bool isPlace = wanted.place.strip < song.tracks.size() &&
                         wanted.place.slot < rt::kMostInserts && !effects.contains(wanted.place);
    if (!isPlace) return Error{ErrorCode::kInvalidArgument, "an effect has no place in the song"};
    auto prepared = prepareEffect(wanted.effect, effectSetting());
    if (!prepared.ok()) continue;
    auto [insert, facts] = std::move(prepared).value();
    effects.emplace(wanted.place, Placed{wanted.effect, facts, insert.get()});
    inserts.emplace(wanted.place, std::move(insert));
  }

  const std::lock_guard lock(mutex_);
  engine_->collect();
  rt::SongStream* const raw = stream.get();
  auto made = std::make_unique<rt::Song>(std::move(stream), device_->rate(),
                                         effectiveGains(song.tracks, song.strips));
  for (auto& [place, insert] : inserts) {
    made->strip(place.strip).inserts().place(place.slot, insert.release());
  }
  for (std::size_t i = 0; i < made->strips(); ++i) {
    made->strip(i).startLaggingBy(made->latencyFrames());
  }
  STEMWRIGHT_TRY(sent(engine_->setSong(std::move(made), song.isContinued)));
  std::erase_if(effects_, isOfTrack);
  effects_.merge(effects);
  stream_ = raw;
  ratio_ = rt::RateRatio::of(song.rate, device_->rate());
  songRate_ = song.rate;
  finished_ = song.finished;
  tracks_ = song.tracks;
  strips_ = song.strips;
  return song.isContinued ? Status() : sent(engine_->seek(position));
}

Status Monitor::setTimePitch(const TimePitch& timePitch) {
  if (!timePitch.isInRange()) return Error{ErrorCode::kInvalidArgument, "no such pitch or tempo"};
  const std::lock_guard loading(loading_);
  const TimePitch before = std::exchange(timePitch_, timePitch);
  if (timePitch == before) return {};
  const Status status = stream_ != nullptr   ? exchangeStream()
                        : timePitch.isNone() ? Status()
                                             : rt::TimeStretch::isAvailable();
  if (!status.ok()) timePitch_ = before;
  return status;
}

/// The same tracks, stretched otherwise, once they are there where the playhead has got to.
/// Under `loading_`, which alone lets streams change.
Status Monitor::exchangeStream() {
  auto opened = rt::SongStream::open(specOf(tracks_, songRate_, timePitch_), device_->rate());
  if (!opened) return opened.error();
  std::unique_ptr<rt::SongStream> stream = std::move(opened).value();
  {
    const std::lock_guard lock(mutex_);
    stream->setFinished(finished_);
  }
  // While the first sound was waited for the playhead has moved on.
  for (const double ahead : {0.0, kAheadSeconds}) {
    const rt::Snapshot now = engine_->snapshot();
    const double frame = static_cast<double>(now.position) * now.speed / timePitch_.speed;
    stream->waitFor(
        std::min<std::int64_t>(std::llround(frame + ahead * rate()), stream->frames() - 1),
        kMostWaitSeconds);
  }
  const std::lock_guard lock(mutex_);
  engine_->collect();
  stream->setFinished(finished_);
  rt::SongStream* const raw = stream.get();
  STEMWRIGHT_TRY(sent(engine_->setStream(std::move(stream))));
  stream_ = raw;
  return {};
}

Status Monitor::unload() {
  const std::lock_guard loading(loading_);
  const std::lock_guard lock(mutex_);
  STEMWRIGHT_TRY(sent(engine_->setSong(nullptr, false)));
  std::erase_if(effects_, isOfTrack);
  stream_ = nullptr;
  tracks_.clear();
  strips_.clear();
  return {};
}

Status Monitor::play() {
  const std::lock_guard lock(mutex_);
  return sent(engine_->play());
}

Status Monitor::pause() {
  const std::lock_guard lock(mutex_);
  return sent(engine_->pause());
}

Status Monitor::seek(std::size_t frame) {
  const std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return noSong();
  const std::int64_t target = stream_->toHeard(static_cast<std::int64_t>(frame));
  stream_->expect(target);
  return sent(engine_->seek(target));
}

Status Monitor::loop(std::optional<FrameRange> range) {
  const std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return noSong();
  const FrameRange frames = range.value_or(FrameRange{0, 0});
  return sent(engine_->loop(stream_->toHeard(static_cast<std::int64_t>(frames.first)),
                            stream_->toHeard(static_cast<std::int64_t>(frames.second))));
}

Status Monitor::setStrip(std::size_t index, const StripState& state) {
  const std::lock_guard lock(mutex_);
  if (index >= strips_.size()) {
    return Error{ErrorCode::kInvalidArgument, "there is no such strip"};
  }
  strips_[index] = state;
  return sendStrips();
}

/// All of them, for a solo changes others too; those that stay as they are cost nothing.
Status Monitor::sendStrips() {
  const std::vector<rt::Gains> gains = effectiveGains(tracks_, strips_);
  for (std::size_t i = 0; i < gains.size(); ++i) {
    STEMWRIGHT_TRY(sent(engine_->setGains(i, gains[i])));
  }
  return {};
}

Status Monitor::setMaster(double gain) {
  const std::lock_guard lock(mutex_);
  return sent(engine_->setGains(rt::kMasterStrip, rt::gainsOf(gain, 0)));
}

Status Monitor::setInput(const StripState& state) {
  const std::lock_guard lock(mutex_);
  const double gain = state.isMuted ? 0 : state.gain;
  return sent(engine_->setGains(rt::kInputStrip, rt::gainsOf(gain, state.pan)));
}

Status Monitor::setFinished(std::vector<FrameRange> ranges) {
  const std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return noSong();
  finished_ = ranges;
  stream_->setFinished(std::move(ranges));
  return {};
}

Status Monitor::refresh(FrameRange range) {
  const std::lock_guard lock(mutex_);
  if (stream_ == nullptr) return noSong();
  stream_->refresh(range);
  return {};
}

Status Monitor::resetCounters() {
  const std::lock_guard lock(mutex_);
  ownOverloads_ = 0;
  ownLoadWorst_ = 0;
  return sent(engine_->resetCounters());
}

core::Result<EffectFacts> Monitor::setEffect(const InsertPlace& place,
                                             const EffectRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    STEMWRIGHT_TRY(checkPlace(place));
    const auto isDone = glide(place, request);
    if (!isDone.ok()) return isDone.error();
    if (isDone.value()) return effects_.at(place).facts;
  }
  auto prepared = prepareEffect(request, effectSetting());
  if (!prepared.ok()) return prepared.error();
  auto [insert, facts] = std::move(prepared).value();
  rt::Insert* const raw = insert.get();
  const std::lock_guard lock(mutex_);
  engine_->collect();
  STEMWRIGHT_TRY(checkPlace(place));
  STEMWRIGHT_TRY(sent(engine_->setInsert(place.strip, place.slot, std::move(insert))));
  effects_.insert_or_assign(place, Placed{request, facts, raw});
  return facts;
}

core::Result<EffectFacts> Monitor::measureEffect(const EffectRequest& request) const {
  EffectSetting setting = effectSetting();
  setting.isTrial = true;
  auto prepared = prepareEffect(request, setting);
  if (!prepared.ok()) return prepared.error();
  return prepared.value().facts;
}

/// Under the lock. @return whether the effect that is there has become the one that is wanted
core::Result<bool> Monitor::glide(const InsertPlace& place, const EffectRequest& request) {
  const auto found = effects_.find(place);
  if (found == effects_.end()) return false;
  Placed& placed = found->second;
  const auto isDone =
      glideTo(request, placed.request, *placed.insert, effectSetting(), placed.facts);
  if (isDone.ok() && isDone.value()) placed.request = request;
  return isDone;
}

Status Monitor::removeEffect(const InsertPlace& place) {
  const std::lock_guard lock(mutex_);
  engine_->collect();
  STEMWRIGHT_TRY(checkPlace(place));
  STEMWRIGHT_TRY(sent(engine_->setInsert(place.strip, place.slot, nullptr)));
  effects_.erase(place);
  return {};
}

Status Monitor::setSend(std::size_t strip, double gain) {
  const std::lock_guard lock(mutex_);
  if (strip >= strips_.size() && strip != rt::kInputStrip) {
    return Error{ErrorCode::kInvalidArgument, "there is no such strip to send from"};
  }
  return sent(engine_->setSend(strip, static_cast<float>(gain)));
}

/// Under the lock.
Status Monitor::checkPlace(const InsertPlace& place) const {
  const bool isStrip = place.strip < strips_.size() || place.strip == rt::kMasterStrip ||
                       place.strip == rt::kInputStrip || place.strip == rt::kSendStrip;
  if (isStrip && place.slot < rt::kMostInserts) return {};
  return Error{ErrorCode::kInvalidArgument, "there is no such place for an effect"};
}

EffectSetting Monitor::effectSetting() const {
  return {.rate = device_->rate(), .blockFrames = device_->frames()};
}

core::Result<std::size_t> Monitor::measureLatency() {
  if (!probe_) return Error{ErrorCode::kInvalidArgument, "no input is open"};
  if (!probe_->start()) return Error{ErrorCode::kInvalidArgument, "it is being measured already"};
  while (probe_->isRunning()) {
    if (!device_->state().isRunning) {
      return Error{ErrorCode::kOutput, device_->name() + " has stopped"};
    }
    std::this_thread::sleep_for(kPollPeriod);
  }
  if (const auto lag = probe_->lag()) return *lag;
  return Error{ErrorCode::kOutput, "the test signal did not come back into " + device_->name()};
}

MonitorReading Monitor::read() {
  const std::lock_guard lock(mutex_);
  engine_->collect();
  MonitorReading reading;
  reading.engine = engine_->snapshot();
  reading.device = device_->state();
  reading.position = heardPosition(reading);
  for (const auto& [place, placed] : effects_) {
    const auto effect = readEffect(placed.request, *placed.insert);
    if (effect) reading.effects.emplace_back(place, *effect);
  }
  reading.readFaults = stream_ == nullptr ? 0 : stream_->readFaults();
  reading.droppedOutput = droppedOutput_.load(std::memory_order_relaxed);
  reading.ownOverloads = ownOverloads_.load(std::memory_order_relaxed);
  reading.ownLoadWorst = ownLoadWorst_.load(std::memory_order_relaxed);
  return reading;
}

/// Frames that were rendered but are still on their way to the ear are taken off again.
double Monitor::heardPosition(const MonitorReading& reading) const {
  auto frames = static_cast<double>(reading.engine.position);
  if (reading.engine.isPlaying && !reading.engine.isWaiting) {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const double nanoseconds =
        static_cast<double>(std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() -
                            reading.engine.nanoseconds);
    const double block = static_cast<double>(reading.engine.blockFrames);
    frames -= block + reading.device.outputLatencySeconds * device_->rate();
    frames -= static_cast<double>(reading.engine.songLatency);
    frames += std::clamp(nanoseconds * 1e-9 * device_->rate(), 0.0, 2 * block);
  }
  return std::max(0.0, frames) * reading.engine.speed * static_cast<double>(ratio_.source) /
         static_cast<double>(ratio_.output);
}

std::size_t Monitor::readOutput(std::span<float> interleaved) {
  return output_.read(interleaved.first(interleaved.size() / 2 * 2)) / 2;
}

void Monitor::setPace(double pace) noexcept {
  if (silent_ != nullptr) silent_->setPace(pace);
}

void Monitor::render(const float* const* input, std::size_t inputs, float* const* output,
                     std::size_t outputs, std::size_t frames) noexcept {
  const auto begun = std::chrono::steady_clock::now();
  const std::optional<double> start = core::threadSeconds();
  engine_->process(input, inputs, output, outputs, frames);
  if (probe_) probe_->process(input, inputs, output, outputs, frames);
  const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begun;
  const std::optional<double> end = core::threadSeconds();
  noteOwnTime(start && end ? *end - *start : passed.count(), frames);
}

void Monitor::noteOwnTime(double seconds, std::size_t frames) noexcept {
  const double load =
      seconds * engine_->rate() / static_cast<double>(std::max<std::size_t>(1, frames));
  if (load > 1) ownOverloads_.fetch_add(1, std::memory_order_relaxed);
  if (load > ownLoadWorst_.load(std::memory_order_relaxed)) {
    ownLoadWorst_.store(load, std::memory_order_relaxed);
  }
}

void Monitor::take(const float* const* output, std::size_t frames) noexcept {
  for (std::size_t i = 0; i < frames; ++i) {
    const std::array<float, 2> frame{output[0][i], output[1][i]};
    if (output_.capacity() - output_.available() < 2) {
      droppedOutput_.fetch_add(frames - i, std::memory_order_relaxed);
      return;
    }
    output_.write(frame);
  }
}

}  // namespace stemwright::session
