#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "pcm/track.h"

inline std::vector<float> noise(std::size_t count, std::uint32_t seed, float amplitude = 0.5f) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-amplitude, amplitude);
  std::vector<float> samples(count);
  for (float& sample : samples) sample = uniform(random);
  return samples;
}

inline void writeTrack(const std::string& path, std::size_t channels,
                       const std::vector<float>& samples) {
  const auto track = stemwright::pcm::Track::create(path, channels, samples.size() / channels);
  REQUIRE(track.ok());
  REQUIRE(track.value().writeAt(0, samples).ok());
}

inline std::vector<float> readTrack(const std::string& path, std::size_t channels) {
  const auto track = stemwright::pcm::Track::open(path, channels);
  REQUIRE(track.ok());
  std::vector<float> samples(track.value().frames() * channels);
  REQUIRE(track.value().read(0, samples).ok());
  return samples;
}
