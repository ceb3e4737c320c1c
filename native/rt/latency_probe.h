#pragma once

#include <atomic>
#include <cstddef>
#include <optional>
#include <vector>

namespace stemwright::rt {

/// Finds out how long sound takes from the output through a cable to the input: plays noise in the
/// place of all else and looks for it in what comes in.
class LatencyProbe {
 public:
  /// Longer ways are not found.
  static constexpr std::size_t kMostFrames = 65536;

  explicit LatencyProbe(double rate);

  /// Begins with the next block, unless it is under way. @return whether it began [worker]
  bool start() noexcept;
  bool isRunning() const noexcept { return state_.load(std::memory_order_acquire) == kRunning; }
  /// Fades `output` out, plays and listens, and fades in again. Nothing until it is started.
  /// [audio-thread]
  void process(const float* const* input, std::size_t inputs, float* const* output,
               std::size_t outputs, std::size_t frames) noexcept;
  /// Frames that the noise came back after; nothing when it did not. [worker, once it has run]
  std::optional<std::size_t> lag() const;

 private:
  enum State { kIdle, kRunning, kDone };
  static constexpr std::size_t kSignalFrames = 8192;

  float gainAt(std::size_t frame) const noexcept;

  const std::size_t fade_;
  std::atomic<State> state_{kIdle};
  std::size_t at_ = 0;  ///< frames since the start
  std::vector<float> signal_;
  std::vector<float> heard_[2];
};

}  // namespace stemwright::rt
