#include "pcm/track.h"

#include <bit>
#include <limits>
#include <utility>

namespace stemwright::pcm {
namespace {

static_assert(std::endian::native == std::endian::little, "tracks are little-endian");

using core::Error;
using core::ErrorCode;

}  // namespace

core::Status checkChannels(const std::string& path, std::size_t channels) {
  if (channels >= 1 && channels <= kMostChannels) return {};
  return Error{ErrorCode::kInvalidArgument, path + " cannot have " + std::to_string(channels) +
                                                " channels: 1 to " + std::to_string(kMostChannels) +
                                                " are possible"};
}

core::Result<Track> Track::create(const std::string& path, std::size_t channels,
                                  std::size_t frames) {
  STEMWRIGHT_TRY(checkChannels(path, channels));
  constexpr std::uint64_t kMostBytes = std::numeric_limits<std::int64_t>::max();
  if (frames > kMostBytes / sizeof(float) / channels) {
    return Error{ErrorCode::kInvalidArgument,
                 path + " cannot have " + std::to_string(frames) + " frames"};
  }
  auto file = File::open(path, File::Access::kCreate);
  if (!file) return file.error();
  STEMWRIGHT_TRY(file.value().resize(std::uint64_t{frames} * channels * sizeof(float)));
  return Track(std::move(file).value(), channels, frames);
}

core::Result<Track> Track::open(const std::string& path, std::size_t channels,
                                File::Access access) {
  STEMWRIGHT_TRY(checkChannels(path, channels));
  auto file = File::open(path, access);
  if (!file) return file.error();
  const auto bytes = file.value().size();
  if (!bytes) return bytes.error();
  const std::uint64_t frameBytes = channels * sizeof(float);
  if (bytes.value() % frameBytes != 0) {
    return Error{ErrorCode::kInput, "cannot read " + path + ": its " +
                                        std::to_string(bytes.value()) +
                                        " bytes are no whole number of " +
                                        std::to_string(channels) + "-channel frames"};
  }
  const auto frames = static_cast<std::size_t>(bytes.value() / frameBytes);
  return Track(std::move(file).value(), channels, frames);
}

core::Status Track::writeAt(std::size_t frame, std::span<const float> interleaved) const {
  STEMWRIGHT_TRY(checkRange(frame, interleaved.size()));
  return file_.writeAt(std::uint64_t{frame} * channels_ * sizeof(float),
                       std::as_bytes(interleaved));
}

core::Status Track::read(std::size_t frame, std::span<float> interleaved) const {
  STEMWRIGHT_TRY(checkRange(frame, interleaved.size()));
  return file_.readAt(std::uint64_t{frame} * channels_ * sizeof(float),
                      std::as_writable_bytes(interleaved));
}

core::Status Track::checkRange(std::size_t frame, std::size_t samples) const {
  const std::size_t count = samples / channels_;
  if (samples % channels_ == 0 && frame <= frames_ && count <= frames_ - frame) return {};
  return Error{ErrorCode::kInvalidArgument, std::to_string(samples) + " samples at frame " +
                                                std::to_string(frame) + " do not fit " + path() +
                                                ": " + std::to_string(frames_) + " frames of " +
                                                std::to_string(channels_) + " channels"};
}

}  // namespace stemwright::pcm
