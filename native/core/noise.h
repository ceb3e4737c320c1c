#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stemwright::core {

/// White noise in [-1, 1), uniform, the same for the same seed on every machine: what checks of a
/// device are fed with.
inline std::vector<float> whiteNoise(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

}  // namespace stemwright::core
