#include "rt/level_meter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace stemwright::rt {
namespace {

constexpr double kFallPerSecond = 20;  // dB
constexpr double kRmsSeconds = 0.3;

}  // namespace

/// The phases between the samples of a fourfold oversampling. Source: ITU-R BS.1770, annex 2; the
/// filters are Hann-windowed sincs of our own. Up to 0.4 of the rate they read at most 0.45 dB too
/// little, as any fourfold oversampling does there, and next to nothing too much.
LevelMeter::LevelMeter(double rate) : rate_(rate) {
  for (std::size_t phase = 0; phase < kPhases; ++phase) {
    double sum = 0;
    std::array<double, kTaps> exact{};
    for (std::size_t tap = 0; tap < kTaps; ++tap) {
      const double distance = static_cast<double>(tap) - (kTaps / 2 - 1) -
                              static_cast<double>(phase + 1) / (kPhases + 1);
      const double angle = std::numbers::pi * distance;
      exact[tap] = std::sin(angle) / angle * (0.5 + 0.5 * std::cos(2 * angle / (kTaps + 1)));
      sum += exact[tap];
    }
    for (std::size_t tap = 0; tap < kTaps; ++tap) {
      filters_[phase][tap] = static_cast<float>(exact[tap] / sum);
    }
  }
}

void LevelMeter::process(const float* left, const float* right, std::size_t frames) noexcept {
  for (std::size_t at = 0; at < frames; at += kBlock) {
    const std::size_t count = std::min(kBlock, frames - at);
    processBlock(0, left + at, count);
    processBlock(1, right + at, count);
  }
}

void LevelMeter::processBlock(std::size_t channel, const float* x, std::size_t frames) noexcept {
  float peak = 0;
  float squares = 0;
  for (std::size_t i = 0; i < frames; ++i) {
    peak = std::max(peak, std::abs(x[i]));
    squares += x[i] * x[i];
  }
  const double seconds = static_cast<double>(frames) / rate_;
  const double fall = std::exp2(-seconds * kFallPerSecond / 6.0206);
  levels_.peak[channel] = std::max(peak, levels_.peak[channel] * static_cast<float>(fall));
  const double kept = std::exp(-seconds / kRmsSeconds);
  const double mean = double{squares} / static_cast<double>(frames);
  meanSquare_[channel] = kept * meanSquare_[channel] + (1 - kept) * mean;
  levels_.rms[channel] = static_cast<float>(std::sqrt(meanSquare_[channel]));
  const bool wasQuiet = std::exchange(wasQuiet_[channel], peak == 0 && frames >= kTaps);
  if (peak == 0 && wasQuiet) return;
  levels_.truePeak = std::max({levels_.truePeak, peak, highestBetween(channel, x, frames)});
}

float LevelMeter::highestBetween(std::size_t channel, const float* x, std::size_t frames) noexcept {
  std::array<float, kBlock + kTaps - 1> line;
  auto& history = history_[channel];
  std::copy(history.begin(), history.end(), line.begin());
  std::copy_n(x, frames, line.begin() + history.size());
  std::copy_n(line.begin() + frames, history.size(), history.begin());
  float highest = 0;
  for (const auto& filter : filters_) {
    for (std::size_t i = 0; i < frames; ++i) {
      float sum = 0;
      for (std::size_t tap = 0; tap < kTaps; ++tap) sum += filter[tap] * line[i + tap];
      highest = std::max(highest, std::abs(sum));
    }
  }
  return highest;
}

}  // namespace stemwright::rt
