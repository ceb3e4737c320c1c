#pragma once

#include <atomic>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "audio/device.h"
#include "audio/device_changes.h"
#include "audio/null_device.h"
#include "core/background.h"
#include "core/result.h"
#include "core/spsc_ring.h"
#include "rt/engine.h"
#include "rt/latency_probe.h"
#include "session/effects.h"

namespace stemwright::session {

using audio::DeviceChanges;
using audio::deviceChanges;
using audio::DeviceInfo;
using audio::devices;
using rt::FrameRange;
using rt::kInputStrip;
using rt::kMasterStrip;
using rt::kSendStrip;
using rt::Levels;
using rt::Snapshot;
using rt::TimePitch;

struct MonitorRequest {
  audio::DeviceRequest device;
  /// No sound card: only time passes, and what would be heard is there to be read.
  bool isSilent = false;
};

struct MonitorTrack {
  std::string path;
  std::size_t channels = 2;
  bool isGrowing = false;   ///< heard only where setFinished() says
  bool isSoloSafe = false;  ///< another's solo does not mute it
};

/// A strip as a person set it.
struct StripState {
  double gain = 1;  ///< linear
  double pan = 0;   ///< −1 to 1
  bool isMuted = false;
  bool isSolo = false;
};

/// A chain of effects: a track's by its index, the live input's, the send bus' or the master's; and
/// a slot in it.
struct InsertPlace {
  std::size_t strip = rt::kMasterStrip;
  std::size_t slot = 0;
  friend auto operator<=>(const InsertPlace&, const InsertPlace&) = default;
};

struct MonitorEffect {
  InsertPlace place;
  EffectRequest effect;
};

struct MonitorSong {
  std::vector<MonitorTrack> tracks;
  std::vector<StripState> strips;  ///< one a track
  double rate = 0;
  std::vector<FrameRange> finished;  ///< of growing tracks
  /// Of the tracks; heard from the first frame on. Those that cannot be had are left out.
  std::vector<MonitorEffect> effects;
  std::size_t position = 0;  ///< where to stand; not when `isContinued`
  bool isContinued = false;  ///< goes on, playing or not, where the song before is
};

struct MonitorReading {
  rt::Snapshot engine;
  audio::DeviceState device;
  double position = 0;  ///< frames of the song at its own rate, as heard now
  std::vector<std::pair<InsertPlace, EffectReading>> effects;  ///< those that have to tell
  std::uint64_t readFaults = 0;
  std::uint64_t droppedOutput = 0;  ///< frames that nobody read in time
  /// Blocks whose own processor time was longer than they last: those of the engine's overloads
  /// that are not the machine's. Where a thread's time is not told: all of them.
  std::uint64_t ownOverloads = 0;
  double ownLoadWorst = 0;  ///< processor time over the time there was, of the worst block
};

/// Playing and listening: a device, the engine on its thread, and the song that it plays. Frames
/// are those of the song at its own rate. [thread-safe]
class Monitor final : private audio::Renderer, private audio::Sink {
 public:
  /// @return kOutput when the device cannot be had
  static core::Result<std::unique_ptr<Monitor>> open(const MonitorRequest& request);
  /// Stops the sound at once.
  ~Monitor() override;

  const std::string& deviceName() const noexcept { return device_->name(); }
  double rate() const noexcept { return device_->rate(); }
  std::size_t blockFrames() const noexcept { return device_->frames(); }
  std::size_t inputs() const noexcept { return device_->inputs(); }
  /// No sound card is used: the output is there to be read.
  bool isSilent() const noexcept { return isSilent_; }

  /// Puts a song in the place of the one before, once its first sound is in memory. [worker]
  core::Status load(const MonitorSong& song);
  /// No song.
  core::Status unload();

  core::Status play();
  core::Status pause();
  core::Status seek(std::size_t frame);
  core::Status loop(std::optional<FrameRange> range);
  /// Of this song and those to come; crossfaded once the first sound is in memory. At none the
  /// samples are the tracks' own. @return kOutput without SoundTouch [worker]
  core::Status setTimePitch(const TimePitch& timePitch);
  core::Status setStrip(std::size_t index, const StripState& state);
  core::Status setMaster(double gain);
  /// The live input, which begins muted.
  core::Status setInput(const StripState& state);
  /// Where growing tracks are final; ascending, merged.
  core::Status setFinished(std::vector<FrameRange> ranges);
  /// The tracks have changed on disk there.
  core::Status refresh(FrameRange range);
  core::Status resetCounters();

  /// Puts an effect into a chain, crossfaded in once it is ready; what needs no new one glides.
  /// Effects of tracks go with their song. [worker: takes as long as a response is long]
  core::Result<EffectFacts> setEffect(const InsertPlace& place, const EffectRequest& request);
  /// Makes an effect for this device as setEffect() would, measures what it takes, and drops it;
  /// one that is too slow to be heard is measured all the same. [worker]
  core::Result<EffectFacts> measureEffect(const EffectRequest& request) const;
  core::Status removeEffect(const InsertPlace& place);
  /// Linear. @param strip of a track or of the live input
  core::Status setSend(std::size_t strip, double gain);

  /// Plays a test signal in the place of all else, and finds how many frames later it comes in.
  /// @return kOutput when it does not come back, kInvalidArgument without an input [worker]
  core::Result<std::size_t> measureLatency();

  MonitorReading read();
  /// What a silent monitor would have played since the last call, interleaved stereo.
  /// @return frames written
  std::size_t readOutput(std::span<float> interleaved);
  /// How many times as fast as its rate says a silent monitor runs from now on, 0.5 to 2: whoever
  /// plays the output has a clock of its own. Nothing on others.
  void setPace(double pace) noexcept;

 private:
  Monitor() : output_(kMostOutput) {}
  core::Status start(const MonitorRequest& request);
  core::Status sendStrips();
  core::Result<bool> glide(const InsertPlace& place, const EffectRequest& request);
  core::Status checkPlace(const InsertPlace& place) const;
  EffectSetting effectSetting() const;
  double heardPosition(const MonitorReading& reading) const;

  void render(const float* const* input, std::size_t inputs, float* const* output,
              std::size_t outputs, std::size_t frames) noexcept override;
  void take(const float* const* output, std::size_t frames) noexcept override;
  void noteOwnTime(double seconds, std::size_t frames) noexcept;

  static constexpr std::size_t kMostOutput = std::size_t{1} << 18;  // samples

  core::Status exchangeStream();

  bool isSilent_ = false;
  std::mutex loading_;  ///< held while a stream is opened; taken before the other
  std::mutex mutex_;    ///< of the callers; the audio thread does not know it
  std::unique_ptr<rt::Engine> engine_;
  rt::SongStream* stream_ = nullptr;  ///< of the song that was sent last, which lives till the next
  rt::RateRatio ratio_;
  TimePitch timePitch_;  ///< of the next stream that is opened
  double songRate_ = 0;
  std::vector<FrameRange> finished_;
  std::vector<MonitorTrack> tracks_;
  std::vector<StripState> strips_;
  struct Placed {
    EffectRequest request;
    EffectFacts facts;
    rt::Insert* insert;
  };
  /// Those sent last and not yet replaced; the engine keeps them until then.
  std::map<InsertPlace, Placed> effects_;
  std::unique_ptr<rt::LatencyProbe> probe_;  ///< where there is an input
  core::SpscRing<float> output_;
  std::atomic<std::uint64_t> droppedOutput_{0};
  std::atomic<std::uint64_t> ownOverloads_{0};
  std::atomic<double> ownLoadWorst_{0};
  const core::CoreReservation core_;       ///< separations leave one to the sound
  audio::NullDevice* silent_ = nullptr;    ///< `device_`, where it is one
  std::unique_ptr<audio::Device> device_;  ///< last, so that it stops first
};

}  // namespace stemwright::session
