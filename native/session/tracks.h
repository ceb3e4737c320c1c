#pragma once

#include "pcm/track_ops.h"
#include "pcm/track_writer.h"

/// What callers of the engine do with tracks, apart from separating them.
namespace stemwright::session {

using pcm::CombineRequest;
using pcm::combineTracks;
using pcm::Measurement;
using pcm::MeasureRequest;
using pcm::measureTracks;
using pcm::SpreadRequest;
using pcm::spreadResidual;
using pcm::TrackStats;
using pcm::TrackWriter;

}  // namespace stemwright::session
