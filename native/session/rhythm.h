#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"
#include "dsp/rhythm.h"

namespace stemwright::session {

using dsp::Key;

struct SongRhythm {
  double bpm = 0;  ///< 0: none was found
  double confidence = 0;
  std::vector<double> beats;  ///< seconds, ascending
  std::optional<Key> key;
};

/// Tempo, beats and key of a track. Reads it once, in the memory of a few seconds. [worker]
/// @return kInput when it cannot be read, kCancelled
core::Result<SongRhythm> findRhythm(const std::string& track, std::size_t channels, double rate,
                                    const core::CancelFlag& cancel);

}  // namespace stemwright::session
