#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "core/result.h"

namespace stemwright::session {

struct SpectrumTileRequest {
  std::string track;
  std::size_t channels = 0;
  double rate = 0;
  unsigned level = 0;     ///< a column stands for 512 * 2^level frames
  std::size_t index = 0;  ///< of the tile along the track
};

/// A tile of a track's spectrogram: 256 columns of 256 bytes, column by column, the lowest row
/// first. Column c of tile i looks at the mono mix (average of the channels) through one Hann
/// window of 2048 frames about the middle of its own frames; outside the track is silence. Rows are
/// log-spaced from 30 Hz to rate / 2: a row shows the loudest bin within it, and where it is
/// narrower than the bins, what lies between the two next to it.
/// A byte is (dB + 120) / 120 * 255, rounded; 0 dB is a sine at full scale on a bin.
/// @return kInvalidArgument for a rate below 100 Hz or a level above 20 [worker]
core::Result<std::vector<std::byte>> spectrumTile(const SpectrumTileRequest& request);

}  // namespace stemwright::session
