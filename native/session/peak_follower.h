#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "models/segmented_separation.h"
#include "pcm/peaks.h"
#include "pcm/track.h"

namespace stemwright::session {

/// Frames of `now` that are not in `before`; both ascending and merged.
std::vector<models::FrameRange> newlyFinished(std::span<const models::FrameRange> before,
                                              std::span<const models::FrameRange> now);

/// Keeps the peaks of the stem tracks up with what is final in them. [one thread]
class PeakFollower {
 public:
  PeakFollower(std::span<const std::string> tracks, std::size_t channels)
      : paths_(tracks.begin(), tracks.end()), channels_(channels) {}

  /// @param finished all frames that are final now, ascending and merged; the tracks exist
  core::Status follow(std::span<const models::FrameRange> finished);

 private:
  core::Status open();

  struct Stem {
    pcm::Track track;
    pcm::PeakWriter peaks;
  };
  std::vector<std::string> paths_;
  std::size_t channels_;
  std::vector<Stem> stems_;
  std::vector<models::FrameRange> followed_;
};

}  // namespace stemwright::session
