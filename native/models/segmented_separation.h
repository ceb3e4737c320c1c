#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"
#include "models/htdemucs.h"
#include "models/htdemucs_gpu.h"

namespace stemwright::models {

/// One model of a bag, and how much it counts for each source.
struct BagMember {
  std::shared_ptr<const HTDemucs> model;
  std::vector<double> weights;  ///< [sources]
  /// The same on a graphics processor, which computes as long as its device is there; may be null.
  std::shared_ptr<const HTDemucsGpu> gpu = nullptr;
};

/// Half-open range of frames.
using FrameRange = std::pair<std::size_t, std::size_t>;

inline constexpr double kMostSegmentSeconds = 120;

struct SeparationRequest {
  std::vector<BagMember> models;  ///< one, or a bag with the same sources, rate and channels
  std::string input;              ///< track of the mix at the models' rate and channels
  std::size_t frames = 0;
  double mean = 0;  ///< of the mono mix; taken off before the network and put back after
  double std = 1;
  std::vector<std::optional<std::string>> outputs;  ///< track per source; empty: not wanted
  Mode mode = Mode::kFull;
  std::optional<double> segmentSeconds;  ///< empty: each model's own
  double overlap = 0.25;                 ///< of a segment, in [0, 1)
  unsigned shifts = 0;                   ///< passes at random offsets to average; 0: one, unshifted
  std::uint64_t seed = 0;
  unsigned threads = 1;
  /// Frames that are wanted: only segments that reach into them are computed, and nothing outside
  /// is written. Inside, the result is that of a whole run. Empty: the whole song.
  std::optional<FrameRange> range;
};

/// What may be asked of a separation while it runs. [thread-safe]
struct SeparationControl {
  core::CancelFlag cancel;
  /// The frame that is wanted soonest: the segments that reach it or come after it are computed
  /// first, in order, then those before it, nearest first.
  std::atomic<std::size_t> focus{0};
  /// Whether segments may go to a graphics processor: asked before each.
  std::atomic<bool> mayUseDevice{true};
};

struct SeparationProgress {
  std::size_t segment = 0;           ///< passes of the network done
  std::size_t segments = 0;          ///< passes in all
  std::vector<FrameRange> finished;  ///< final in every output, ascending, merged
  std::size_t onDevice = 0;          ///< passes that a graphics processor computed
  std::string deviceFault = {};      ///< why the processor went on alone; empty: it did not
};

/// Bytes that separating with one model takes, beside the model itself: the network's workspace and
/// the segment's own buffers, as separate() would allocate them. Grows with the segment.
/// @return kInvalidArgument for a segment or thread count that separate() would refuse
core::Result<std::size_t> separationBytes(const HTDemucs& model, Mode mode,
                                          std::optional<double> segmentSeconds, unsigned threads);

/// Separates a track into tracks: normalised segments, triangular weights, overlap-add, as
/// demucs.apply does; memory does not depend on the length. Output tracks are as long as the
/// input from the start and final where progress says so. Where more than two results overlap
/// (overlap beyond a half, shifts, bags), a focus that moves may change the last bits of their sum.
/// With several threads a segment is written while the next one is computed, which a focus that
/// moves in between no longer changes.
/// [worker; calls onProgress on one thread at a time, which may be another]
core::Status separate(const SeparationRequest& request, const SeparationControl& control,
                      const std::function<void(const SeparationProgress&)>& onProgress);

}  // namespace stemwright::models
