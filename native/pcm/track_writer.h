#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"
#include "pcm/file.h"

namespace stemwright::pcm {

/// Running mean and deviation of the mono mix (the average of the channels), in double.
/// Combines blocks by Chan, Golub & LeVeque 1979, so that it stays exact for long songs.
class MonoStatistics {
 public:
  void add(std::span<const float> interleaved, std::size_t channels);
  double mean() const noexcept { return mean_; }
  /// Unbiased (n − 1); 0 for fewer than two frames.
  double deviation() const;

 private:
  std::size_t count_ = 0;
  double mean_ = 0;
  double squares_ = 0;
};

struct TrackStats {
  std::size_t frames = 0;
  double mean = 0;              ///< of the mono mix
  double deviation = 0;         ///< of the mono mix, unbiased
  double peak = 0;              ///< largest magnitude on any channel, linear
  std::uint64_t nonFinite = 0;  ///< NaN and infinite samples; the track has 0 there
};

/// Writes a track whose length is not known yet, from bytes as a pipe delivers them.
/// The first error sticks. [one thread at a time]
class TrackWriter {
 public:
  static core::Result<TrackWriter> create(const std::string& path, std::size_t channels);

  /// Little-endian float32 bytes; a chunk may end inside a frame or a float.
  core::Status append(std::span<const std::byte> bytes);
  /// Writes the rest and the peaks. kInput when the bytes end inside a frame.
  core::Result<TrackStats> finish();

 private:
  TrackWriter(File file, std::size_t channels);
  core::Status fill(std::span<const std::byte> bytes);
  core::Status flush(std::size_t frames);

  File file_;
  std::size_t channels_;
  std::vector<float> block_;
  std::size_t filledBytes_ = 0;
  MonoStatistics statistics_;
  TrackStats stats_;
  core::Status failure_;
  bool finished_ = false;
};

}  // namespace stemwright::pcm
