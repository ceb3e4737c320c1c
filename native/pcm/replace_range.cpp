#include "pcm/replace_range.h"

#include <algorithm>
#include <span>
#include <vector>

#include "pcm/peaks.h"
#include "pcm/track.h"

namespace stemwright::pcm {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

constexpr std::size_t kBlockFrames = 16384;

Error refuse(const std::string& what) {
  return {ErrorCode::kInvalidArgument, what};
}

Status check(const ReplaceRequest& r, const Track& track, const Track& patch) {
  if (!(r.start < r.end && r.end <= track.frames())) {
    return refuse("the range to replace is not one of " + track.path());
  }
  if (r.patchStart > patch.frames() || patch.frames() - r.patchStart < r.end - r.start) {
    return refuse(patch.path() + " is shorter than the range that it should replace");
  }
  if (isSameFile(r.track, r.patch) || isSameFile(r.track, r.keep) || isSameFile(r.patch, r.keep)) {
    return refuse("a track, its patch and what is kept must be three files");
  }
  return {};
}

/// Calls body(frame of the range, samples) for each block.
template <typename Body>
Status forEachBlock(std::size_t frames, std::size_t channels, Body body) {
  for (std::size_t frame = 0; frame < frames; frame += kBlockFrames) {
    STEMWRIGHT_TRY(body(frame, std::min(kBlockFrames, frames - frame) * channels));
  }
  return {};
}

Status keepRange(const ReplaceRequest& r, const Track& track) {
  const std::size_t frames = r.end - r.start;
  const auto kept = Track::create(r.keep, r.channels, frames);
  if (!kept) return kept.error();
  std::vector<float> samples;
  const auto copy = [&](std::size_t at, std::size_t count) -> Status {
    samples.resize(count);
    STEMWRIGHT_TRY(track.read(r.start + at, samples));
    return kept.value().writeAt(at, samples);
  };
  STEMWRIGHT_TRY(forEachBlock(frames, r.channels, copy));
  return kept.value().sync();
}

/// How much of the patch is heard at a frame of the range.
class Fade {
 public:
  Fade(const ReplaceRequest& r, std::size_t trackFrames)
      : frames_(r.end - r.start),
        in_(r.start == 0 ? 0 : r.fadeFrames),
        out_(r.end == trackFrames ? 0 : r.fadeFrames) {}

  double weight(std::size_t frame) const {
    return std::min({1.0, share(frame + 1, in_), share(frames_ - frame, out_)});
  }

 private:
  static double share(std::size_t step, std::size_t fade) {
    return static_cast<double>(step) / (static_cast<double>(fade) + 1);
  }

  std::size_t frames_;
  std::size_t in_;
  std::size_t out_;
};

}  // namespace

Status replaceRange(const ReplaceRequest& r) {
  const auto opened = Track::open(r.track, r.channels, File::Access::kUpdate);
  if (!opened) return opened.error();
  const Track& track = opened.value();
  const auto patch = Track::open(r.patch, r.channels);
  if (!patch) return patch.error();
  STEMWRIGHT_TRY(check(r, track, patch.value()));
  STEMWRIGHT_TRY(keepRange(r, track));

  const Fade fade(r, track.frames());
  std::vector<float> before;
  std::vector<float> after;
  const auto replace = [&](std::size_t at, std::size_t count) -> Status {
    before.resize(count);
    after.resize(count);
    STEMWRIGHT_TRY(track.read(r.start + at, before));
    STEMWRIGHT_TRY(patch.value().read(r.patchStart + at, after));
    for (std::size_t i = 0; i < count; ++i) {
      const double weight = fade.weight(at + i / r.channels);
      if (weight == 1) continue;
      after[i] = static_cast<float>(before[i] + weight * (double{after[i]} - before[i]));
    }
    return track.writeAt(r.start + at, after);
  };
  STEMWRIGHT_TRY(forEachBlock(r.end - r.start, r.channels, replace));
  STEMWRIGHT_TRY(track.sync());
  return updatePeaks(track, r.start, r.end);
}

}  // namespace stemwright::pcm
