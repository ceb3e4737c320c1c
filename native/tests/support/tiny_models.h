#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "models/htdemucs.h"

namespace stemwright::testing {

/// The two small models of the fixtures; their weights follow from their seeds.
inline models::HTDemucsConfig tiny4Config() {
  models::HTDemucsConfig config;
  config.sources = {"drums", "bass", "other", "vocals"};
  config.channels = 8;
  config.bottomChannels = 96;
  config.transformerLayers = 3;
  config.transformerHeads = 4;
  config.dconvMode = 3;
  config.segmentNumerator = 3;
  config.segmentDenominator = 10;
  return config;
}

inline models::HTDemucsConfig tiny6Config() {
  models::HTDemucsConfig config;
  config.sources = {"drums", "bass", "other", "vocals", "guitar", "piano"};
  config.channels = 12;
  config.transformerLayers = 5;
  config.transformerHeads = 8;
  config.dconvMode = 1;
  config.segmentNumerator = 3;
  config.segmentDenominator = 5;
  return config;
}

/// Of assets/models/house.safetensors.
inline models::HTDemucsConfig houseConfig() {
  models::HTDemucsConfig config = tiny4Config();
  config.channels = 32;
  config.bottomChannels = 256;
  config.transformerHeads = 8;
  config.segmentNumerator = 4;
  config.segmentDenominator = 1;
  return config;
}

inline constexpr std::uint64_t kTiny4Seed = 11;
inline constexpr std::uint64_t kTiny6Seed = 12;

inline std::shared_ptr<const models::HTDemucs> load(const models::HTDemucsConfig& config,
                                                    std::uint64_t seed) {
  auto model = models::HTDemucs::load(config, models::WeightFile::generated(seed));
  if (!model.ok()) throw std::runtime_error(model.error().message);
  return std::move(model).value();
}

}  // namespace stemwright::testing
