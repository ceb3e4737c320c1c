#pragma once

#include <algorithm>
#include <atomic>

#include "rt/limits.h"

namespace stemwright::rt {

/// A gain that any thread sets, and that goes there in a straight line on the audio thread.
class Ramp {
 public:
  Ramp(double rate, float gain)
      : step_(static_cast<float>(1 / (kRampSeconds * rate))), wanted_(gain), gain_(gain) {}

  /// Begins there. Before it is asked for the next frame.
  void startAt(float gain) noexcept { gain_ = gain; }
  /// Linear. [thread-safe]
  void set(float gain) noexcept { wanted_.store(gain, std::memory_order_relaxed); }
  /// Where it is to go; ask once a block. [audio-thread]
  float target() const noexcept { return wanted_.load(std::memory_order_relaxed); }
  /// Where it is. [audio-thread]
  float now() const noexcept { return gain_; }
  /// One frame nearer to there. [audio-thread]
  float next(float target) noexcept {
    gain_ = gain_ < target ? std::min(gain_ + step_, target) : std::max(gain_ - step_, target);
    return gain_;
  }

 private:
  const float step_;  ///< from frame to frame
  std::atomic<float> wanted_;
  float gain_;
};

}  // namespace stemwright::rt
