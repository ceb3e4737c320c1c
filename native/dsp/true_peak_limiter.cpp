#include "dsp/true_peak_limiter.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace stemwright::dsp {
namespace {

double sinc(double x) {
  const double angle = std::numbers::pi * x;
  return std::abs(angle) < 1e-12 ? 1.0 : std::sin(angle) / angle;
}

}  // namespace

TruePeakLimiter::TruePeakLimiter(const Options& options, const kernels::Kernels& level)
    : channels_(options.channels),
      hold_(std::max<std::size_t>(
          1, static_cast<std::size_t>(options.lookAheadSeconds * options.rate))),
      release_(static_cast<float>(1 - std::exp(-1 / (options.releaseSeconds * options.rate)))),
      kernels_(&level.convolution),
      taps_((kPhases - 1) * kTaps),
      window_(channels_ * kWindow),
      between_(kChunk),
      peaks_(kChunk),
      gains_(kChunk),
      delay_(channels_ * latency()),
      candidates_(hold_ + 2),
      smoothing_(hold_ + 1) {
  for (std::size_t phase = 1; phase < kPhases; ++phase) {
    for (std::size_t j = 0; j < kTaps; ++j) {
      const double at = static_cast<double>(kReach) - static_cast<double>(j) -
                        static_cast<double>(phase) / static_cast<double>(kPhases);
      const double window = std::cos(std::numbers::pi / 2 * at / static_cast<double>(kReach));
      taps_[(phase - 1) * kTaps + j] = static_cast<float>(sinc(at) * window);
    }
  }
  setCeiling(options.ceilingDb);
  reset();
}

void TruePeakLimiter::setCeiling(double db) noexcept {
  ceiling_ = static_cast<float>(std::pow(10.0, db / 20));
}

void TruePeakLimiter::reset() noexcept {
  window_.zero();
  delay_.zero();
  delayAt_ = 0;
  first_ = count_ = frame_ = 0;
  released_ = 1;
  std::fill(smoothing_.begin(), smoothing_.end(), 1.0f);
  smoothingAt_ = 0;
  smoothingSum_ = static_cast<double>(smoothing_.size());
}

void TruePeakLimiter::process(float* const* samples, std::size_t frames) noexcept {
  float lowestGain = 1;
  for (std::size_t done = 0; done < frames; done += kChunk) {
    const std::size_t count = std::min(kChunk, frames - done);
    for (std::size_t c = 0; c < channels_; ++c) {
      std::copy_n(samples[c] + done, count, window(c) + kTaps);
    }
    findPeaks(count);
    findGains(count);
    lowestGain = std::min(lowestGain, *std::min_element(gains_.data(), gains_.data() + count));
    delayAndTurn(samples, done, count);
    for (std::size_t c = 0; c < channels_; ++c) {
      std::copy(window(c) + count, window(c) + count + kTaps, window(c));
    }
  }
  reduction_.store(20 * std::log10(lowestGain), std::memory_order_relaxed);
}

/// peaks_[i]: the highest point from the sample kReach before i up to the one after it.
void TruePeakLimiter::findPeaks(std::size_t frames) noexcept {
  std::fill_n(peaks_.data(), frames, 0.0f);
  const auto raise = [&](const float* points) {
    for (std::size_t i = 0; i < frames; ++i) {
      peaks_[i] = std::max(peaks_[i], std::abs(points[i]));
    }
  };
  for (std::size_t c = 0; c < channels_; ++c) {
    const float* latest = window(c) + kTaps;
    raise(latest - kReach);
    for (std::size_t phase = 1; phase < kPhases; ++phase) {
      std::fill_n(between_.data(), frames, 0.0f);
      kernels_->fir(latest, taps_.data() + (phase - 1) * kTaps, kTaps, between_.data(), frames);
      raise(between_.data());
    }
  }
}

/// The lowest gain wanted within reach, released slowly, and averaged over the look-ahead: when the
/// peak comes out, only gains as low as it needs are in the mean.
void TruePeakLimiter::findGains(std::size_t frames) noexcept {
  for (std::size_t i = 0; i < frames; ++i) {
    const float wanted = peaks_[i] > ceiling_ ? ceiling_ / peaks_[i] : 1.0f;
    released_ = std::min(lowest(wanted), released_ + (1 - released_) * release_);
    gains_[i] = smoothed(released_);
  }
}

float TruePeakLimiter::lowest(float wanted) noexcept {
  const std::size_t size = candidates_.size();
  if (count_ > 0 && candidates_[first_].frame + size <= frame_) {
    first_ = (first_ + 1) % size;
    --count_;
  }
  while (count_ > 0 && candidates_[(first_ + count_ - 1) % size].gain >= wanted) --count_;
  candidates_[(first_ + count_) % size] = {frame_, wanted};
  ++count_;
  ++frame_;
  return candidates_[first_].gain;
}

float TruePeakLimiter::smoothed(float gain) noexcept {
  smoothingSum_ += static_cast<double>(gain) - static_cast<double>(smoothing_[smoothingAt_]);
  smoothing_[smoothingAt_] = gain;
  smoothingAt_ = smoothingAt_ + 1 == smoothing_.size() ? 0 : smoothingAt_ + 1;
  return static_cast<float>(smoothingSum_ / static_cast<double>(smoothing_.size()));
}

void TruePeakLimiter::delayAndTurn(float* const* samples, std::size_t offset,
                                   std::size_t frames) noexcept {
  const std::size_t size = latency();
  for (std::size_t c = 0; c < channels_; ++c) {
    float* ring = delay_.data() + c * size;
    float* at = samples[c] + offset;
    std::size_t slot = delayAt_;
    for (std::size_t i = 0; i < frames; ++i) {
      const float late = ring[slot];
      ring[slot] = at[i];
      at[i] = late * gains_[i];
      slot = slot + 1 == size ? 0 : slot + 1;
    }
  }
  delayAt_ = (delayAt_ + frames) % size;
}

}  // namespace stemwright::dsp
