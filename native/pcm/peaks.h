#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "pcm/file.h"
#include "pcm/track.h"

namespace stemwright::pcm {

/// Where things lie in a `.peaks` file, all little-endian:
///
///     0  char[4]  "SWPK"
///     4  u32      version, 2
///     8  u32      channels
///    12  u32      frames per peak of level 0, 256
///    16  u64      frames of the track
///    24  u32      levels
///    28  u32      0
///    32  levels, finest first, each peak a row of (min, max) int8 pairs, one pair a channel
///        then the RMS of the same levels, finest first, each peak a row of uint8, one a channel
///
/// Level 0 has ceil(frames / 256) peaks; each further level half as many, rounded up, down to 1.
/// A value v of min and max stands for v / 127; min is rounded down and max up, and what passes
/// full scale is held at ±127. An RMS of v stands for v / 255, rounded to the nearest and held at
/// 255; that of a further level is the root of the mean of the two squares below it. The file has
/// its full size from the start: a reader may look at any time, and what is not known yet is 0.
/// Version 1 was the same without the RMS.
class PeakLayout {
 public:
  static constexpr std::size_t kFramesPerPeak = 256;
  static constexpr std::size_t kHeaderBytes = 32;

  PeakLayout(std::size_t channels, std::size_t frames);

  std::size_t channels() const noexcept { return channels_; }
  std::size_t frames() const noexcept { return frames_; }
  std::size_t levels() const noexcept { return counts_.size(); }
  std::size_t peaks(std::size_t level) const noexcept { return counts_[level]; }
  /// Bytes of one peak: a (min, max) pair per channel.
  std::size_t peakBytes() const noexcept { return 2 * channels_; }
  std::uint64_t offset(std::size_t level, std::size_t peak) const noexcept {
    return kHeaderBytes + (starts_[level] + peak) * peakBytes();
  }
  std::uint64_t rmsOffset(std::size_t level, std::size_t peak) const noexcept {
    return kHeaderBytes + total_ * peakBytes() + (starts_[level] + peak) * channels_;
  }
  std::uint64_t fileBytes() const noexcept {
    return kHeaderBytes + total_ * (peakBytes() + channels_);
  }

 private:
  std::size_t channels_;
  std::size_t frames_;
  std::vector<std::size_t> counts_;
  std::vector<std::uint64_t> starts_;  ///< peaks of the levels before
  std::uint64_t total_ = 0;            ///< peaks of all levels
};

/// Writes the peaks beside a track, range by range as the track becomes final. [one thread]
class PeakWriter {
 public:
  /// Replaces what is at peaksPath(track.path()).
  static core::Result<PeakWriter> create(const Track& track);
  /// Goes on with what is there. kInput unless it is of this version and fits the track.
  static core::Result<PeakWriter> open(const Track& track);

  /// Recomputes, at every level, the peaks that frames [begin, end) touch.
  /// Non-finite samples count as 0.
  core::Status refresh(const Track& track, std::size_t begin, std::size_t end);

 private:
  PeakWriter(File file, PeakLayout layout) : file_(std::move(file)), layout_(std::move(layout)) {}
  core::Status writeFinest(const Track& track, std::size_t first, std::size_t last);
  core::Status writeHalved(std::size_t level, std::size_t first, std::size_t last);

  File file_;
  PeakLayout layout_;
  std::vector<float> samples_;
  std::vector<std::int8_t> fine_;
  std::vector<std::int8_t> coarse_;
  std::vector<std::uint8_t> fineRms_;
  std::vector<std::uint8_t> coarseRms_;
};

/// Writes the peaks of a whole track.
core::Status writePeaks(const Track& track);
/// Brings the peaks up to date where frames [begin, end) have changed; writes them whole when there
/// are none that fit. An empty range merely makes sure of them.
core::Status updatePeaks(const Track& track, std::size_t begin, std::size_t end);

/// "song/vocals.f32" -> "song/vocals.peaks"
std::string peaksPath(const std::string& trackPath);

}  // namespace stemwright::pcm
