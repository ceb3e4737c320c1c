#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace stemwright::testing {

/// Uniform in [-1, 1), the same for the same seed.
inline std::vector<float> noise(std::size_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::vector<float> samples(count);
  for (float& sample : samples) {
    sample = static_cast<float>(generator() >> 8) * 0x1p-23f - 1.0f;
  }
  return samples;
}

}  // namespace stemwright::testing
