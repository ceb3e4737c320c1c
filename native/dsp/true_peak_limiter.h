#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "core/aligned.h"
#include "kernels/dispatch.h"

namespace stemwright::dsp {

/// Keeps the true peak, that of the wave between the samples, below a ceiling: looks ahead, turns
/// down in time, lets go slowly. All channels get the same gain.
/// Source: ITU-R BS.1770-4, annex 2 (four times oversampled peak).
class TruePeakLimiter {
 public:
  struct Options {
    std::size_t channels = 2;
    double rate = 48'000;
    double lookAheadSeconds = 0.002;
    double releaseSeconds = 0.1;
    double ceilingDb = -1;
  };
  explicit TruePeakLimiter(const Options& options,
                           const kernels::Kernels& level = kernels::kernels());

  /// Frames by which the output comes late.
  std::size_t latency() const noexcept { return hold_ + kReach; }
  /// From the next block on; the gain glides as it does for a peak. [audio-thread]
  void setCeiling(double db) noexcept;
  /// In place; `channels` pointers. [audio-thread]
  void process(float* const* samples, std::size_t frames) noexcept;
  /// The lowest gain of the last block, dB, at most 0. [thread-safe]
  float reductionDb() const noexcept { return reduction_.load(std::memory_order_relaxed); }
  void reset() noexcept;

 private:
  static constexpr std::size_t kPhases = 4;
  static constexpr std::size_t kReach =
      8;  ///< samples on either side that a point between takes in
  static constexpr std::size_t kTaps = 2 * kReach;
  static constexpr std::size_t kChunk = 256;
  static constexpr std::size_t kWindow = kTaps + kChunk + kernels::ConvolutionKernels::kFirSlack;

  float* window(std::size_t channel) noexcept { return window_.data() + channel * kWindow; }
  void findPeaks(std::size_t frames) noexcept;
  void findGains(std::size_t frames) noexcept;
  float lowest(float wanted) noexcept;
  float smoothed(float gain) noexcept;
  void delayAndTurn(float* const* samples, std::size_t offset, std::size_t frames) noexcept;

  const std::size_t channels_;
  const std::size_t hold_;  ///< frames for which a peak is known before it goes out
  const float release_;
  const kernels::ConvolutionKernels* kernels_;
  float ceiling_ = 1;

  core::AlignedBuffer<float> taps_;     ///< per phase but the first, which is the sample itself
  core::AlignedBuffer<float> window_;   ///< per channel: kTaps samples of history, then the chunk
  core::AlignedBuffer<float> between_;  ///< one phase of the chunk
  core::AlignedBuffer<float> peaks_;
  core::AlignedBuffer<float> gains_;
  core::AlignedBuffer<float> delay_;  ///< per channel, a ring of latency() samples
  std::size_t delayAt_ = 0;

  /// For the lowest gain of the last hold_ + 2 frames: those that may yet be it, in rising order,
  /// in a ring.
  struct Candidate {
    std::size_t frame;
    float gain;
  };
  std::vector<Candidate> candidates_;
  std::size_t first_ = 0, count_ = 0;
  std::size_t frame_ = 0;
  float released_ = 1;
  std::vector<float> smoothing_;  ///< the last hold_ + 1 gains, whose mean is what is applied
  std::size_t smoothingAt_ = 0;
  double smoothingSum_ = 0;
  std::atomic<float> reduction_{0};
};

}  // namespace stemwright::dsp
