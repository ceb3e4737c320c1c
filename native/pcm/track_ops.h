#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"

/// Passes over whole tracks in constant memory. All tracks of one call must have the same length
/// (kInput names the one that differs). Sums are taken in double. [worker]
namespace stemwright::pcm {

struct MeasureRequest {
  std::vector<std::string> tracks;
  std::size_t channels = 0;
  std::optional<std::string> reference;
};

struct Measurement {
  std::size_t frames = 0;
  std::vector<double> peaks;             ///< per track, linear
  std::vector<std::uint64_t> overs;      ///< per track, finite samples beyond ±1
  std::vector<std::uint64_t> nonFinite;  ///< per track; such samples count as 0 elsewhere
  std::optional<double> referenceRms;    ///< over all samples of all channels, linear
  std::optional<double> nullRms;         ///< of reference − Σ tracks
};

core::Result<Measurement> measureTracks(const MeasureRequest& request,
                                        const core::CancelFlag& cancel);

struct CombineRequest {
  struct Input {
    std::string path;
    double gain = 1;
  };
  std::vector<Input> inputs;
  std::size_t channels = 0;
  std::string output;  ///< made anew; must not be one of the inputs
};

/// output = Σ gain · input, with its peaks. @return the frames written
core::Result<std::size_t> combineTracks(const CombineRequest& request,
                                        const core::CancelFlag& cancel);

struct SpreadRequest {
  std::string mix;
  std::vector<std::string> stems;
  std::size_t channels = 0;
};

/// Adds (mix − Σ stems) / n to each stem in place, and what rounding leaves of it to the last, so
/// that the stems added in order in float32 give the mix back. Interrupted, it may be run again.
core::Status spreadResidual(const SpreadRequest& request, const core::CancelFlag& cancel);

}  // namespace stemwright::pcm
