#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <vector>

#include "rt/song_stream.h"
#include "rt/strip.h"

namespace stemwright::rt {

/// A song that can be played: its tracks and a strip for each. Made and destroyed off the audio
/// thread.
class Song {
 public:
  /// @param gains of the tracks, in their order; those that are missing begin at unity
  Song(std::unique_ptr<SongStream> stream, double rate, const std::vector<Gains>& gains)
      : stream_(std::move(stream)) {
    for (std::size_t i = 0; i < stream_->tracks(); ++i) {
      strips_.push_back(std::make_unique<Strip>(rate));
      if (i < gains.size()) strips_.back()->startAt(gains[i]);
    }
  }

  SongStream& stream() noexcept { return *stream_; }
  /// [audio-thread] @return the one before, now the caller's
  SongStream* exchange(SongStream* stream) noexcept {
    SongStream* const before = stream_.release();
    stream_.reset(stream);
    return before;
  }
  std::size_t strips() const noexcept { return strips_.size(); }
  Strip& strip(std::size_t index) noexcept { return *strips_[index]; }

  /// Frames by which the effects of some strip let it come out late.
  std::size_t latencyFrames() const noexcept {
    std::size_t most = 0;
    for (const auto& strip : strips_) most = std::max(most, strip->inserts().latencyFrames());
    return most;
  }

 private:
  std::unique_ptr<SongStream> stream_;
  std::vector<std::unique_ptr<Strip>> strips_;
};

}  // namespace stemwright::rt
