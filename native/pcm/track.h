#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/result.h"
#include "pcm/file.h"

namespace stemwright::pcm {

/// Tracks have 1 to kMostChannels channels; anything else is a caller's mistake.
inline constexpr std::size_t kMostChannels = 64;
core::Status checkChannels(const std::string& path, std::size_t channels);

/// Sound on disk: interleaved little-endian float32, full scale ±1, no header. Its length is the
/// file's. Frame positions count from 0; spans hold whole frames.
/// [thread-safe: writes and reads of disjoint ranges]
class Track {
 public:
  /// A silent track of `frames`, sparse until written; replaces what is at `path`.
  static core::Result<Track> create(const std::string& path, std::size_t channels,
                                    std::size_t frames);
  /// kInput when the file is no whole number of frames long.
  static core::Result<Track> open(const std::string& path, std::size_t channels,
                                  File::Access access = File::Access::kRead);

  /// kInvalidArgument when the samples are no whole frames or pass the end of the track.
  core::Status writeAt(std::size_t frame, std::span<const float> interleaved) const;
  /// Fills all of `interleaved`. kInput also when the file has been cut since it was opened.
  core::Status read(std::size_t frame, std::span<float> interleaved) const;
  core::Status sync() const { return file_.sync(); }

  std::size_t channels() const noexcept { return channels_; }
  std::size_t frames() const noexcept { return frames_; }
  const std::string& path() const noexcept { return file_.path(); }

 private:
  Track(File file, std::size_t channels, std::size_t frames)
      : file_(std::move(file)), channels_(channels), frames_(frames) {}
  core::Status checkRange(std::size_t frame, std::size_t samples) const;

  File file_;
  std::size_t channels_;
  std::size_t frames_;
};

}  // namespace stemwright::pcm
