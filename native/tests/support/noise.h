#pragma once

#include <cstddef>
#include <random>
#include <vector>

namespace stemwright::testing {

/// Uniform in [-gain, gain), the same for the same seed.
inline std::vector<float> uniformNoise(std::size_t count, unsigned seed, float gain = 1.0f) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-gain, gain);
  std::vector<float> values(count);
  for (float& value : values) value = uniform(random);
  return values;
}

}  // namespace stemwright::testing
