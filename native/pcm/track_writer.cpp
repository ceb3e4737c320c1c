#include "pcm/track_writer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "pcm/peaks.h"
#include "pcm/track.h"

namespace stemwright::pcm {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kBlockFrames = 16384;

}  // namespace

void MonoStatistics::add(std::span<const float> interleaved, std::size_t channels) {
  const std::size_t frames = interleaved.size() / channels;
  if (frames == 0) return;
  const auto mono = [&](std::size_t frame) {
    double sum = 0;
    for (std::size_t i = 0; i < channels; ++i) sum += interleaved[frame * channels + i];
    return sum / static_cast<double>(channels);
  };
  double mean = 0;
  for (std::size_t frame = 0; frame < frames; ++frame) mean += mono(frame);
  mean /= static_cast<double>(frames);
  double squares = 0;
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const double offset = mono(frame) - mean;
    squares += offset * offset;
  }
  const auto before = static_cast<double>(count_);
  const auto added = static_cast<double>(frames);
  const double shift = mean - mean_;
  mean_ += shift * added / (before + added);
  squares_ += squares + shift * shift * before * added / (before + added);
  count_ += frames;
}

double MonoStatistics::deviation() const {
  return count_ < 2 ? 0 : std::sqrt(squares_ / static_cast<double>(count_ - 1));
}

TrackWriter::TrackWriter(File file, std::size_t channels)
    : file_(std::move(file)), channels_(channels), block_(kBlockFrames * channels) {}

core::Result<TrackWriter> TrackWriter::create(const std::string& path, std::size_t channels) {
  STEMWRIGHT_TRY(checkChannels(path, channels));
  auto file = File::open(path, File::Access::kCreate);
  if (!file) return file.error();
  return TrackWriter(std::move(file).value(), channels);
}

core::Status TrackWriter::append(std::span<const std::byte> bytes) {
  if (finished_) return Error{ErrorCode::kInvalidArgument, file_.path() + " is finished"};
  if (failure_.ok()) failure_ = fill(bytes);
  return failure_;
}

core::Status TrackWriter::fill(std::span<const std::byte> bytes) {
  const std::span<std::byte> block = std::as_writable_bytes(std::span(block_));
  while (!bytes.empty()) {
    const std::size_t count = std::min(bytes.size(), block.size() - filledBytes_);
    std::memcpy(block.data() + filledBytes_, bytes.data(), count);
    filledBytes_ += count;
    bytes = bytes.subspan(count);
    if (filledBytes_ == block.size()) STEMWRIGHT_TRY(flush(kBlockFrames));
  }
  return {};
}

core::Status TrackWriter::flush(std::size_t frames) {
  const std::span<float> samples = std::span(block_).first(frames * channels_);
  for (float& sample : samples) {
    if (!std::isfinite(sample)) {
      sample = 0;
      ++stats_.nonFinite;
    }
    stats_.peak = std::max(stats_.peak, static_cast<double>(std::abs(sample)));
  }
  statistics_.add(samples, channels_);
  STEMWRIGHT_TRY(file_.writeAt(std::uint64_t{stats_.frames} * channels_ * sizeof(float),
                               std::as_bytes(samples)));
  stats_.frames += frames;
  filledBytes_ = 0;
  return {};
}

core::Result<TrackStats> TrackWriter::finish() {
  if (finished_) return Error{ErrorCode::kInvalidArgument, file_.path() + " is finished"};
  finished_ = true;
  STEMWRIGHT_TRY(failure_);
  const std::size_t frameBytes = channels_ * sizeof(float);
  if (const std::size_t loose = filledBytes_ % frameBytes; loose != 0) {
    return Error{ErrorCode::kInput, "the sound for " + file_.path() +
                                        " ends inside a frame: " + std::to_string(loose) + " of " +
                                        std::to_string(frameBytes) + " bytes"};
  }
  STEMWRIGHT_TRY(flush(filledBytes_ / frameBytes));
  const auto track = Track::open(file_.path(), channels_);
  if (!track) return track.error();
  STEMWRIGHT_TRY(writePeaks(track.value()));
  stats_.mean = statistics_.mean();
  stats_.deviation = statistics_.deviation();
  return stats_;
}

}  // namespace stemwright::pcm
