#include "pcm/track_ops.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "pcm/peaks.h"
#include "pcm/track.h"

namespace stemwright::pcm {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kBlockFrames = 16384;

core::Result<std::vector<Track>> openAll(const std::vector<std::string>& paths,
                                         std::size_t channels, File::Access access) {
  std::vector<Track> tracks;
  for (const std::string& path : paths) {
    auto track = Track::open(path, channels, access);
    if (!track) return track.error();
    tracks.push_back(std::move(track).value());
  }
  if (tracks.empty()) return Error{ErrorCode::kInvalidArgument, "no tracks were named"};
  return tracks;
}

core::Status checkLengths(const Track& first, std::span<const Track> others) {
  for (const Track& track : others) {
    if (track.frames() == first.frames()) continue;
    return Error{ErrorCode::kInput, track.path() + " has " + std::to_string(track.frames()) +
                                        " frames where " + first.path() + " has " +
                                        std::to_string(first.frames())};
  }
  return {};
}

/// Calls body(frame, samples) for each block until one fails or the caller gives up.
template <typename Body>
core::Status forEachBlock(const Track& like, const core::CancelFlag& cancel, Body body) {
  for (std::size_t frame = 0; frame < like.frames(); frame += kBlockFrames) {
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    const std::size_t frames = std::min(kBlockFrames, like.frames() - frame);
    STEMWRIGHT_TRY(body(frame, frames * like.channels()));
  }
  return {};
}

double sumOfSquares(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return sum;
}

/// The running state of measureTracks.
class Measurer {
 public:
  explicit Measurer(std::size_t tracks) {
    measured_.peaks.resize(tracks);
    measured_.overs.resize(tracks);
    measured_.nonFinite.resize(tracks);
  }

  core::Status addBlock(std::span<const Track> tracks, const Track* reference, std::size_t frame,
                        std::size_t count) {
    samples_.resize(count);
    residual_.assign(count, 0.0);
    if (reference != nullptr) {
      STEMWRIGHT_TRY(reference->read(frame, samples_));
      std::copy(samples_.begin(), samples_.end(), residual_.begin());
      referenceSquares_ += sumOfSquares(residual_);
    }
    for (std::size_t index = 0; index < tracks.size(); ++index) {
      STEMWRIGHT_TRY(tracks[index].read(frame, samples_));
      addTrack(index);
    }
    nullSquares_ += sumOfSquares(residual_);
    return {};
  }

  Measurement finish(std::size_t frames, std::size_t channels, bool hasReference) {
    measured_.frames = frames;
    if (hasReference) {
      const auto total = std::max(1.0, static_cast<double>(frames * channels));
      measured_.referenceRms = std::sqrt(referenceSquares_ / total);
      measured_.nullRms = std::sqrt(nullSquares_ / total);
    }
    return std::move(measured_);
  }

 private:
  void addTrack(std::size_t index) {
    for (std::size_t i = 0; i < samples_.size(); ++i) {
      if (!std::isfinite(samples_[i])) {
        ++measured_.nonFinite[index];
        continue;
      }
      const double magnitude = std::abs(static_cast<double>(samples_[i]));
      measured_.peaks[index] = std::max(measured_.peaks[index], magnitude);
      if (magnitude > 1) ++measured_.overs[index];
      residual_[i] -= samples_[i];
    }
  }

  Measurement measured_;
  double referenceSquares_ = 0;
  double nullSquares_ = 0;
  std::vector<float> samples_;
  std::vector<double> residual_;
};

core::Status refuseOverwriting(const CombineRequest& request) {
  for (const CombineRequest::Input& input : request.inputs) {
    if (isSameFile(input.path, request.output)) {
      return Error{ErrorCode::kInvalidArgument, request.output + " is also an input"};
    }
  }
  return {};
}

/// stems[s][i] for all s are moved so that their float32 sum in order is mix[i].
void spreadBlock(std::span<const float> mix, std::span<std::vector<float>> stems) {
  for (std::size_t i = 0; i < mix.size(); ++i) {
    double residual = mix[i];
    for (const std::vector<float>& stem : stems) residual -= stem[i];
    const double share = residual / static_cast<double>(stems.size());
    float sum = 0;
    for (std::vector<float>& stem : stems) {
      stem[i] = static_cast<float>(stem[i] + share);
      sum += stem[i];
    }
    float& last = stems.back()[i];
    last = static_cast<float>(last + (static_cast<double>(mix[i]) - sum));
  }
}

}  // namespace

core::Result<Measurement> measureTracks(const MeasureRequest& request,
                                        const core::CancelFlag& cancel) {
  const auto opened = openAll(request.tracks, request.channels, File::Access::kRead);
  if (!opened) return opened.error();
  const std::vector<Track>& tracks = opened.value();
  STEMWRIGHT_TRY(checkLengths(tracks.front(), tracks));
  std::optional<Track> reference;
  if (request.reference) {
    auto track = Track::open(*request.reference, request.channels);
    if (!track) return track.error();
    reference = std::move(track).value();
    STEMWRIGHT_TRY(checkLengths(*reference, tracks));
  }
  Measurer measurer(tracks.size());
  const Track* const mix = reference ? &*reference : nullptr;
  STEMWRIGHT_TRY(forEachBlock(tracks.front(), cancel, [&](std::size_t frame, std::size_t count) {
    return measurer.addBlock(tracks, mix, frame, count);
  }));
  return measurer.finish(tracks.front().frames(), request.channels, reference.has_value());
}

core::Result<std::size_t> combineTracks(const CombineRequest& request,
                                        const core::CancelFlag& cancel) {
  STEMWRIGHT_TRY(refuseOverwriting(request));
  std::vector<std::string> paths;
  for (const CombineRequest::Input& input : request.inputs) paths.push_back(input.path);
  const auto inputs = openAll(paths, request.channels, File::Access::kRead);
  if (!inputs) return inputs.error();
  const std::vector<Track>& tracks = inputs.value();
  STEMWRIGHT_TRY(checkLengths(tracks.front(), tracks));
  const auto output = Track::create(request.output, request.channels, tracks.front().frames());
  if (!output) return output.error();

  std::vector<float> samples;
  std::vector<double> sums;
  const auto combineBlock = [&](std::size_t frame, std::size_t count) -> core::Status {
    samples.resize(count);
    sums.assign(count, 0.0);
    for (std::size_t index = 0; index < tracks.size(); ++index) {
      STEMWRIGHT_TRY(tracks[index].read(frame, samples));
      const double gain = request.inputs[index].gain;
      for (std::size_t i = 0; i < count; ++i) sums[i] += gain * samples[i];
    }
    std::transform(sums.begin(), sums.end(), samples.begin(),
                   [](double sum) { return static_cast<float>(sum); });
    return output.value().writeAt(frame, samples);
  };
  STEMWRIGHT_TRY(forEachBlock(tracks.front(), cancel, combineBlock));
  STEMWRIGHT_TRY(writePeaks(output.value()));
  return tracks.front().frames();
}

core::Status spreadResidual(const SpreadRequest& request, const core::CancelFlag& cancel) {
  const auto mix = Track::open(request.mix, request.channels);
  if (!mix) return mix.error();
  const auto opened = openAll(request.stems, request.channels, File::Access::kUpdate);
  if (!opened) return opened.error();
  const std::vector<Track>& stems = opened.value();
  STEMWRIGHT_TRY(checkLengths(mix.value(), stems));

  std::vector<float> reference;
  std::vector<std::vector<float>> blocks(stems.size());
  const auto spreadAt = [&](std::size_t frame, std::size_t count) -> core::Status {
    reference.resize(count);
    STEMWRIGHT_TRY(mix.value().read(frame, reference));
    for (std::size_t index = 0; index < stems.size(); ++index) {
      blocks[index].resize(count);
      STEMWRIGHT_TRY(stems[index].read(frame, blocks[index]));
    }
    spreadBlock(reference, blocks);
    for (std::size_t index = 0; index < stems.size(); ++index) {
      STEMWRIGHT_TRY(stems[index].writeAt(frame, blocks[index]));
    }
    return {};
  };
  STEMWRIGHT_TRY(forEachBlock(mix.value(), cancel, spreadAt));
  for (const Track& stem : stems) STEMWRIGHT_TRY(writePeaks(stem));
  return {};
}

}  // namespace stemwright::pcm
