#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"
#include "dsp/impulse_response.h"

namespace stemwright::session {

using dsp::BandDecay;

/// Frames of response that are held in memory at most.
inline constexpr std::size_t kMostResponseFrames = std::size_t{1} << 26;

/// A track of 1, 2 or 4 channels as an impulse response.
/// @return kInput when there is none, it is empty or too long
core::Result<dsp::ImpulseResponse> readResponse(const std::string& path, std::size_t channels,
                                                double rate);

/// What normalising a response's loudness takes: see dsp::loudnessGain.
core::Result<double> responseGain(const std::string& track, std::size_t channels, double rate);

/// All that is shown of a response.
struct ResponseFacts {
  std::size_t frames = 0;
  double loudnessGain = 1;
  /// Per channel: lowest and highest sample of each column, in turn.
  std::vector<std::vector<float>> peaks;
  std::vector<BandDecay> decay;
};

struct ResponseQuestion {
  std::string track;
  std::size_t channels = 1;
  double rate = 0;
  dsp::ResponseEdit edit;
  std::size_t columns = 512;
};

/// Of the response with its edits. [worker]
core::Result<ResponseFacts> describeResponse(const ResponseQuestion& question);

}  // namespace stemwright::session
