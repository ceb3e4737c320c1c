#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stemwright::bench {

/// The same numbers in [-0.5, 0.5) each time.
inline std::vector<float> noise(std::size_t count, std::uint32_t seed = 1) {
  std::vector<float> samples(count);
  for (float& sample : samples) {
    seed = seed * 1'664'525u + 1'013'904'223u;
    sample = static_cast<float>(seed >> 8) * 0x1p-24f - 0.5f;
  }
  return samples;
}

}  // namespace stemwright::bench
