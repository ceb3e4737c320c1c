#pragma once

#include <cstdint>

#include "models/htdemucs.h"

namespace stemwright::bench {

/// The published htdemucs of 42 million parameters; its weights are made by rule.
inline models::HTDemucsConfig fullSize() {
  models::HTDemucsConfig config;
  config.sources = {"drums", "bass", "other", "vocals"};
  config.bottomChannels = 512;
  config.dconvMode = 3;
  config.segmentNumerator = 39;
  config.segmentDenominator = 5;
  return config;
}

inline constexpr std::uint64_t kFullSizeSeed = 7;

}  // namespace stemwright::bench
