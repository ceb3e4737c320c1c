#include "rt/time_stretch.h"

#include <algorithm>
#include <cmath>

#include "rt/soundtouch_library.h"

namespace stemwright::rt {
namespace {

/// Its filter for pitch takes fewer than 16 channels.
constexpr std::size_t kMostTracks = 7;
/// Frames that go in or come out at a time.
constexpr std::size_t kChunk = 2048;
/// Heard frames before a start, until the cuts have found their pace.
constexpr double kRunUp = 8192;
/// SETTING_NOMINAL_OUTPUT_SEQUENCE and SETTING_OVERLAP_MS of SoundTouch.h.
constexpr int kOutputSequence = 7;
constexpr int kOverlapMs = 5;

}  // namespace

core::Status TimeStretch::isAvailable() {
  const auto library = SoundTouch::find();
  return library ? core::Status() : core::Status(library.error());
}

core::Result<std::unique_ptr<TimeStretch>> TimeStretch::create(std::size_t tracks, double rate,
                                                               const TimePitch& timePitch,
                                                               Source source) {
  const auto library = SoundTouch::find();
  if (!library) return library.error();
  std::unique_ptr<TimeStretch> stretch(
      new TimeStretch(*library.value(), tracks, rate, timePitch, std::move(source)));
  // The original, which comes first, stands alone where not all fit.
  std::size_t first = tracks % kMostTracks;
  if (first > 0) stretch->addGroup(0, first);
  for (; first < tracks; first += kMostTracks) stretch->addGroup(first, kMostTracks);
  stretch->ready_.resize(2 * tracks);
  stretch->planar_.resize(2 * tracks * kChunk);
  stretch->interleaved_.resize(2 * kMostTracks * kChunk);
  return stretch;
}

TimeStretch::~TimeStretch() {
  for (const Group& group : groups_) library_.destroy(group.instance);
}

void TimeStretch::addGroup(std::size_t firstTrack, std::size_t tracks) {
  void* const instance = library_.create();
  library_.setSampleRate(instance, static_cast<unsigned>(std::lround(rate_)));
  library_.setChannels(instance, static_cast<unsigned>(2 * tracks));
  library_.setTempo(instance, static_cast<float>(timePitch_.speed));
  library_.setPitchSemitones(instance, static_cast<float>(timePitch_.semitones));
  groups_.push_back({instance, firstTrack, tracks});
}

/// How many frames later than its place the middle of a cut comes out. Within a cut time runs as
/// it is, or as the pitch has it, and only from cut to cut at the right pace: its beginning is set
/// right, and its middle is off by half of what the pace would have changed meanwhile. A cut is as
/// long as it is from one to the next, and the crossfade.
double TimeStretch::lag() const {
  const double pitch = std::exp2(timePitch_.semitones / 12);
  const double pace = timePitch_.speed / pitch;
  void* const instance = groups_.front().instance;
  const double overlap =
      library_.setting(instance, kOverlapMs) * rate_ / 1000 / std::max(1.0, pitch);
  return (1 - 1 / pace) * (library_.setting(instance, kOutputSequence) + overlap) / 2;
}

bool TimeStretch::seek(std::int64_t frame) {
  for (const Group& group : groups_) library_.clear(group.instance);
  for (std::vector<float>& channel : ready_) channel.clear();
  fed_ = std::llround((static_cast<double>(frame) - kRunUp) * timePitch_.speed);
  const double first = static_cast<double>(fed_) / timePitch_.speed - lag();
  const auto runUp =
      static_cast<std::size_t>(std::max(0.0, std::round(static_cast<double>(frame) - first)));
  next_ = frame;
  const bool isWhole = fill(runUp);
  drop(runUp);
  return isWhole;
}

bool TimeStretch::read(std::size_t count, float* samples, std::size_t aheadCount, float* ahead) {
  const bool isWhole = fill(count + aheadCount);
  for (std::size_t channel = 0; channel < ready_.size(); ++channel) {
    const float* const from = ready_[channel].data();
    std::copy_n(from, count, samples + channel * count);
    std::copy_n(from + count, aheadCount, ahead + channel * aheadCount);
  }
  drop(count);
  next_ += static_cast<std::int64_t>(count);
  return isWhole;
}

void TimeStretch::drop(std::size_t frames) {
  for (std::vector<float>& channel : ready_) {
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(frames));
  }
}

/// Until so many frames are ready. What could not be read is silence.
bool TimeStretch::fill(std::size_t frames) {
  bool isWhole = true;
  while (ready_.front().size() < frames) isWhole = feed() && isWhole;
  return isWhole;
}

bool TimeStretch::feed() {
  const bool isWhole = source_(fed_, kChunk, planar_.data());
  fed_ += static_cast<std::int64_t>(kChunk);
  for (const Group& group : groups_) {
    const std::size_t channels = 2 * group.tracks;
    for (std::size_t c = 0; c < channels; ++c) {
      const float* const from = planar_.data() + (2 * group.firstTrack + c) * kChunk;
      for (std::size_t i = 0; i < kChunk; ++i) interleaved_[i * channels + c] = from[i];
    }
    library_.put(group.instance, interleaved_.data(), kChunk);
    while (const unsigned count = library_.receive(group.instance, interleaved_.data(), kChunk)) {
      for (std::size_t c = 0; c < channels; ++c) {
        std::vector<float>& to = ready_[2 * group.firstTrack + c];
        for (std::size_t i = 0; i < count; ++i) to.push_back(interleaved_[i * channels + c]);
      }
    }
  }
  return isWhole;
}

}  // namespace stemwright::rt
