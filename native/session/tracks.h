#pragma once

#include <cstddef>
#include <string>

#include "core/result.h"
#include "pcm/peaks.h"
#include "pcm/replace_range.h"
#include "pcm/track.h"
#include "pcm/track_ops.h"
#include "pcm/track_writer.h"

/// What callers of the engine do with tracks, apart from separating them.
namespace stemwright::session {

using pcm::CombineRequest;
using pcm::combineTracks;
using pcm::Measurement;
using pcm::MeasureRequest;
using pcm::measureTracks;
using pcm::replaceRange;
using pcm::ReplaceRequest;
using pcm::SpreadRequest;
using pcm::spreadResidual;
using pcm::TrackStats;
using pcm::TrackWriter;

/// Writes the peaks of a whole track beside it. kInput when it cannot be read.
inline core::Status writePeaks(const std::string& path, std::size_t channels) {
  const auto track = pcm::Track::open(path, channels);
  if (!track) return track.error();
  return pcm::writePeaks(track.value());
}

/// Writes them only when there are none that fit the track, or of an older version.
inline core::Status ensurePeaks(const std::string& path, std::size_t channels) {
  const auto track = pcm::Track::open(path, channels);
  if (!track) return track.error();
  return pcm::updatePeaks(track.value(), 0, 0);
}

}  // namespace stemwright::session
