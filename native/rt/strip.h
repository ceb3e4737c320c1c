#pragma once

#include <cstddef>
#include <cstdint>

#include "core/aligned.h"
#include "rt/delay_line.h"
#include "rt/insert_chain.h"
#include "rt/level_meter.h"
#include "rt/ramp.h"

namespace stemwright::rt {

/// How a stereo signal goes to a stereo bus.
struct Gains {
  float leftToLeft = 1;
  float rightToLeft = 0;
  float leftToRight = 0;
  float rightToRight = 1;
  friend bool operator==(const Gains&, const Gains&) = default;
};

/// A gain and a pan as Web Audio's StereoPanner has them for stereo: −1 left, 0 as it is, 1 right.
Gains gainsOf(double gain, double pan);

/// One channel of the mixer: effects, gain and pan without zipper noise, levels.
/// [audio-thread after construction]
class Strip {
 public:
  explicit Strip(double rate);

  float* left() noexcept { return samples_.data(); }
  float* right() noexcept;
  InsertChain& inserts() noexcept { return inserts_; }
  LevelMeter& meter() noexcept { return meter_; }
  const LevelMeter& meter() const noexcept { return meter_; }
  /// Blocks that held a NaN, an infinity or what is no sound (2^33 and more), and were muted.
  std::uint64_t nonFiniteBlocks() const noexcept { return nonFiniteBlocks_; }

  /// Begins there. Before it is heard.
  void startAt(const Gains& gains) noexcept { gains_ = target_ = gains; }
  /// Goes there in a straight line.
  void setGains(const Gains& gains) noexcept;
  /// Lets it lag by so many frames in all, its effects' own latency among them.
  void lagBy(std::size_t frames) noexcept { delay_.setDelay(missingLag(frames)); }
  /// At once. Before it is heard.
  void startLaggingBy(std::size_t frames) noexcept { delay_.startAt(missingLag(frames)); }
  /// How much of it goes into the send bus, after its gains; goes there in a straight line.
  /// [audio-thread]
  void setSend(float gain) noexcept { send_.set(gain); }
  /// At once. Before it is heard.
  void startSendingAt(float gain) noexcept {
    send_.set(gain);
    send_.startAt(gain);
  }
  /// Adds that to a bus. After process().
  void addSend(float* left, float* right, std::size_t frames) noexcept;
  /// Takes left() and right() through effects and gains, in place.
  void process(std::size_t frames) noexcept;
  /// So, and adds it to a bus.
  void processInto(Strip& bus, std::size_t frames) noexcept;

 private:
  std::size_t missingLag(std::size_t frames) const noexcept;
  void muteNonFinite(std::size_t frames) noexcept;
  void applyGains(std::size_t frames) noexcept;

  const std::size_t rampFrames_;
  core::AlignedBuffer<float> samples_;  ///< [2][kMostFrames]
  InsertChain inserts_;
  DelayLine delay_;
  LevelMeter meter_;
  Gains gains_;
  Gains target_;
  std::size_t rampLeft_ = 0;  ///< frames until the target
  Ramp send_;
  std::uint64_t nonFiniteBlocks_ = 0;
};

}  // namespace stemwright::rt
