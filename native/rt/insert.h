#pragma once

#include <cstddef>

namespace stemwright::rt {

/// An effect in a chain. Made and warmed up on any thread; then the audio thread alone calls it,
/// until it is handed back to be destroyed elsewhere.
class Insert {
 public:
  virtual ~Insert() = default;

  /// It is about to be faded in while sound goes on: what it remembers must not begin with a step.
  /// [audio-thread]
  virtual void beginInSound() noexcept {}
  /// Works in place on up to kMostFrames frames. Allocates nothing, locks nothing, never waits.
  /// [audio-thread]
  virtual void process(float* left, float* right, std::size_t frames) noexcept = 0;
  /// Frames by which its output lags behind its input.
  virtual std::size_t latencyFrames() const noexcept { return 0; }
};

}  // namespace stemwright::rt
