#include "rt/latency_probe.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <random>
#include <span>

#include "rt/limits.h"

namespace stemwright::rt {
namespace {

constexpr float kLevel = 0.25f;  // −12 dBFS
/// Of the signal in what was heard at its place, as a correlation. Noise alone reaches 0.05; a
/// cable 1, and loudspeaker and microphone something in between.
constexpr double kLeastLikeness = 0.2;

double energyOf(std::span<const float> x) {
  double sum = 0;
  for (const float value : x) sum += double{value} * value;
  return sum;
}

float product(const float* x, const float* y, std::size_t count) {
  float sums[16] = {};
  for (std::size_t i = 0; i + 16 <= count; i += 16) {
    for (std::size_t k = 0; k < 16; ++k) sums[k] += x[i + k] * y[i + k];
  }
  float sum = 0;
  for (const float part : sums) sum += part;
  return sum;
}

}  // namespace

LatencyProbe::LatencyProbe(double rate)
    : fade_(static_cast<std::size_t>(std::ceil(kDeclickSeconds * rate))), signal_(kSignalFrames) {
  std::mt19937 random(1);
  for (std::size_t i = 0; i < kSignalFrames; ++i) {
    const double phase = 2 * std::numbers::pi * static_cast<double>(i) / kSignalFrames;
    const double window = 0.5 - 0.5 * std::cos(phase);
    const double noise = static_cast<double>(random()) / 2147483648.0 - 1;
    signal_[i] = static_cast<float>(kLevel * window * noise);
  }
  for (auto& channel : heard_) channel.resize(kSignalFrames + kMostFrames);
}

bool LatencyProbe::start() noexcept {
  if (isRunning()) return false;
  at_ = 0;
  state_.store(kRunning, std::memory_order_release);
  return true;
}

/// Of all else.
float LatencyProbe::gainAt(std::size_t frame) const noexcept {
  const std::size_t end = fade_ + heard_[0].size();
  const std::size_t into = frame < fade_ ? fade_ - frame : frame < end ? 0 : frame - end + 1;
  return static_cast<float>(into) / static_cast<float>(fade_);
}

void LatencyProbe::process(const float* const* input, std::size_t inputs, float* const* output,
                           std::size_t outputs, std::size_t frames) noexcept {
  if (!isRunning()) return;
  const std::size_t end = fade_ + heard_[0].size();
  for (std::size_t i = 0; i < frames && at_ < end + fade_; ++i, ++at_) {
    const float gain = gainAt(at_);
    const std::size_t within = at_ - fade_;
    const float noise = at_ >= fade_ && within < kSignalFrames ? signal_[within] : 0;
    for (std::size_t c = 0; c < outputs; ++c) {
      output[c][i] = gain == 0 ? noise : gain * output[c][i];
    }
    if (at_ < fade_ || at_ >= end) continue;
    for (std::size_t c = 0; c < 2; ++c) heard_[c][within] = c < inputs ? input[c][i] : 0;
  }
  if (at_ == end + fade_) state_.store(kDone, std::memory_order_release);
}

std::optional<std::size_t> LatencyProbe::lag() const {
  if (state_.load(std::memory_order_acquire) != kDone) return std::nullopt;
  const double played = energyOf(signal_);
  double most = kLeastLikeness;
  std::optional<std::size_t> best;
  for (const auto& heard : heard_) {
    double energy = energyOf(std::span(heard).first(kSignalFrames));
    for (std::size_t lag = 0; lag < kMostFrames; ++lag) {
      // What is quieter than −100 dBFS is no signal, however like it is.
      if (energy > 1e-10 * kSignalFrames) {
        const double likeness =
            product(signal_.data(), heard.data() + lag, kSignalFrames) / std::sqrt(played * energy);
        if (std::abs(likeness) > most) {
          most = std::abs(likeness);
          best = lag;
        }
      }
      const double in = heard[lag + kSignalFrames];
      energy += in * in - double{heard[lag]} * heard[lag];
    }
  }
  return best;
}

}  // namespace stemwright::rt
