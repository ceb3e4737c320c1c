#pragma once

#include <algorithm>
#include <cstddef>

#include "core/aligned.h"
#include "rt/limits.h"

namespace stemwright::rt {

/// A stereo delay whose length changes without a click. [audio-thread after construction]
class DelayLine {
 public:
  static constexpr std::size_t kMostDelay = 16'384;

  explicit DelayLine(std::size_t fadeFrames) : fadeFrames_(fadeFrames), ring_(2 * kRing) {
    ring_.zero();
  }

  /// Longer ones become kMostDelay. Waits for the change before to end.
  void setDelay(std::size_t frames) noexcept {
    if (faded_ < fadeFrames_) return;
    const std::size_t wanted = std::min(frames, kMostDelay);
    if (wanted == delay_) return;
    before_ = delay_;
    delay_ = wanted;
    faded_ = 0;
  }
  /// At once. Before it is heard.
  void startAt(std::size_t frames) noexcept { delay_ = std::min(frames, kMostDelay); }
  std::size_t delay() const noexcept { return delay_; }

  /// In place, up to kMostFrames frames. Without a delay the samples stay as they are.
  void process(float* left, float* right, std::size_t frames) noexcept {
    run(left, ring_.data(), frames);
    run(right, ring_.data() + kRing, frames);
    at_ += frames;
    faded_ = std::min(fadeFrames_, faded_ + frames);
  }

 private:
  static constexpr std::size_t kRing = 32'768;
  static_assert(kRing >= kMostDelay + kMostFrames && (kRing & (kRing - 1)) == 0);

  void run(float* channel, float* ring, std::size_t frames) const noexcept {
    for (std::size_t i = 0; i < frames; ++i) ring[(at_ + i) % kRing] = channel[i];
    if (delay_ == 0 && faded_ == fadeFrames_) return;
    for (std::size_t i = 0; i < frames; ++i) {
      const float now = ring[(at_ + i + kRing - delay_) % kRing];
      const float old = ring[(at_ + i + kRing - before_) % kRing];
      const std::size_t faded = std::min(fadeFrames_, faded_ + i + 1);
      const float share = static_cast<float>(faded) / static_cast<float>(fadeFrames_);
      channel[i] = share == 1 ? now : old + share * (now - old);
    }
  }

  const std::size_t fadeFrames_;
  core::AlignedBuffer<float> ring_;  ///< [2][kRing]
  std::size_t at_ = 0;               ///< frames so far
  std::size_t delay_ = 0;
  std::size_t before_ = 0;
  std::size_t faded_ = fadeFrames_;  ///< frames of the change that are done
};

}  // namespace stemwright::rt
