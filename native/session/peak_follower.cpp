#include "session/peak_follower.h"

#include <utility>

namespace stemwright::session {

using models::FrameRange;

std::vector<FrameRange> newlyFinished(std::span<const FrameRange> before,
                                      std::span<const FrameRange> now) {
  std::vector<FrameRange> fresh;
  for (const auto& [begin, end] : now) {
    std::size_t from = begin;
    for (const auto& [knownBegin, knownEnd] : before) {
      if (knownEnd <= from) continue;
      if (knownBegin >= end) break;
      if (knownBegin > from) fresh.emplace_back(from, knownBegin);
      from = knownEnd;
    }
    if (from < end) fresh.emplace_back(from, end);
  }
  return fresh;
}

core::Status PeakFollower::follow(std::span<const FrameRange> finished) {
  if (stems_.size() != paths_.size()) STEMWRIGHT_TRY(open());
  for (const auto& [begin, end] : newlyFinished(followed_, finished)) {
    for (Stem& stem : stems_) STEMWRIGHT_TRY(stem.peaks.refresh(stem.track, begin, end));
  }
  followed_.assign(finished.begin(), finished.end());
  return {};
}

core::Status PeakFollower::open() {
  for (const std::string& path : paths_) {
    auto track = pcm::Track::open(path, channels_);
    if (!track) return track.error();
    auto peaks = pcm::PeakWriter::create(track.value());
    if (!peaks) return peaks.error();
    stems_.push_back({std::move(track).value(), std::move(peaks).value()});
  }
  return {};
}

}  // namespace stemwright::session
