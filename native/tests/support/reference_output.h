// What PyTorch gave, as the fixtures keep it, beside what we give.
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/safetensors.h"

namespace stemwright::testing {

/// Demucs' [channels, frames] as our interleaved frames, zeros up to `frames`.
inline std::vector<float> interleave(const FixtureTensor& planar, std::size_t frames) {
  const std::size_t channels = planar.shape.at(1);
  const std::size_t length = planar.shape.at(2);
  std::vector<float> out(frames * channels, 0.0f);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t n = 0; n < length; ++n) out[n * channels + c] = planar.values[c * length + n];
  }
  return out;
}

/// Our [sources][frames, channels], cropped to `length`, as Demucs' [sources, channels, length].
inline std::vector<float> planar(const std::vector<float>& out, std::size_t sources,
                                 std::size_t frames, std::size_t channels, std::size_t length) {
  std::vector<float> result;
  for (std::size_t s = 0; s < sources; ++s) {
    for (std::size_t c = 0; c < channels; ++c) {
      for (std::size_t n = 0; n < length; ++n) {
        result.push_back(out[(s * frames + n) * channels + c]);
      }
    }
  }
  return result;
}

/// Fixtures keep every n-th value of what is large: "name@n".
inline double error(const Fixture& fixture, const std::string& name,
                    const std::vector<float>& actual) {
  for (const auto& [key, tensor] : fixture.tensors()) {
    if (!key.starts_with(name + "@")) continue;
    const std::size_t stride = std::stoul(key.substr(name.size() + 1));
    std::vector<float> sampled;
    for (std::size_t i = 0; i < actual.size(); i += stride) sampled.push_back(actual[i]);
    return relativeRms(sampled, tensor.span());
  }
  throw std::runtime_error("fixture has no " + name);
}

}  // namespace stemwright::testing
