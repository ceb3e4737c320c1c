#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <random>
#include <span>
#include <vector>

#include "tests/support/sanitizers.h"

namespace stemwright::testing {

/// Sample n of the convolution, summed in double.
STEMWRIGHT_UNWATCHED_BY_TSAN
inline double convolvedAt(std::span<const float> x, std::span<const float> h, std::size_t n) {
  const float* const samples = x.data();
  const float* const taps = h.data();
  double sum = 0;
  const std::size_t first = n >= x.size() ? n - x.size() + 1 : 0;
  const std::size_t end = std::min(h.size(), n + 1);
  for (std::size_t j = first; j < end; ++j) {
    sum += static_cast<double>(taps[j]) * static_cast<double>(samples[n - j]);
  }
  return sum;
}

/// A sine from 20 Hz to almost half the rate.
inline std::vector<float> sweep(std::size_t count) {
  std::vector<float> samples(count);
  double phase = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const double octaves = 10 * static_cast<double>(i) / static_cast<double>(count);
    phase += 2 * std::numbers::pi * 20 * std::exp2(octaves) / 48'000;
    samples[i] = static_cast<float>(0.8 * std::sin(phase));
  }
  return samples;
}

/// Positions at which a long convolution is compared: both ends, and a random choice between.
inline std::vector<std::size_t> somePositions(std::size_t count, std::size_t most, unsigned seed) {
  std::vector<std::size_t> positions;
  if (count <= most) {
    for (std::size_t n = 0; n < count; ++n) positions.push_back(n);
    return positions;
  }
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < 8; ++i) {
    positions.push_back(i);
    positions.push_back(count - 1 - i);
  }
  while (positions.size() < most) positions.push_back(random() % count);
  return positions;
}

/// Error against expectation, both RMS, in dB.
class ErrorLevel {
 public:
  void add(double actual, double expected) {
    difference_ += (actual - expected) * (actual - expected);
    power_ += expected * expected;
  }
  double db() const { return 10 * std::log10(difference_ / power_ + 1e-30); }

 private:
  double difference_ = 0;
  double power_ = 0;
};

}  // namespace stemwright::testing
