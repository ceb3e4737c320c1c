#include "pcm/peaks.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <numbers>
#include <utility>

namespace stemwright::pcm {
namespace {

/// Peaks handled at a time, which bounds the memory.
constexpr std::size_t kPeaksPerBlock = 64;

std::int8_t quantised(float value) {
  return static_cast<std::int8_t>(std::clamp(value, -127.0f, 127.0f));
}

/// Minimum, maximum and RMS per channel of interleaved frames.
void findPeak(std::span<const float> samples, std::size_t channels, std::int8_t* peak,
              std::uint8_t* rms) {
  for (std::size_t channel = 0; channel < channels; ++channel) {
    const float first = samples[channel];
    float low = std::isfinite(first) ? first : 0.0f;
    float high = low;
    double squares = double{low} * low;
    for (std::size_t i = channel + channels; i < samples.size(); i += channels) {
      const float sample = std::isfinite(samples[i]) ? samples[i] : 0.0f;
      low = std::min(low, sample);
      high = std::max(high, sample);
      squares += double{sample} * sample;
    }
    peak[2 * channel] = quantised(std::floor(low * 127.0f));
    peak[2 * channel + 1] = quantised(std::ceil(high * 127.0f));
    const double frames = static_cast<double>(samples.size() / channels);
    rms[channel] = static_cast<std::uint8_t>(
        std::lround(std::min(255.0, 255.0 * std::sqrt(squares / frames))));
  }
}

std::uint8_t meanRms(std::uint8_t left, std::uint8_t right) {
  return static_cast<std::uint8_t>(std::lround(std::hypot(left, right) * std::numbers::sqrt2 / 2));
}

template <typename T>
void put(std::span<std::byte> header, std::size_t at, T value) {
  std::memcpy(header.data() + at, &value, sizeof value);
}

using Header = std::array<std::byte, PeakLayout::kHeaderBytes>;

Header headerOf(const PeakLayout& layout) {
  Header header{};
  std::memcpy(header.data(), "SWPK", 4);
  put(header, 4, std::uint32_t{2});
  put(header, 8, static_cast<std::uint32_t>(layout.channels()));
  put(header, 12, static_cast<std::uint32_t>(PeakLayout::kFramesPerPeak));
  put(header, 16, static_cast<std::uint64_t>(layout.frames()));
  put(header, 24, static_cast<std::uint32_t>(layout.levels()));
  return header;
}

}  // namespace

PeakLayout::PeakLayout(std::size_t channels, std::size_t frames)
    : channels_(channels), frames_(frames) {
  std::size_t count = (frames + kFramesPerPeak - 1) / kFramesPerPeak;
  while (count > 0) {
    counts_.push_back(count);
    starts_.push_back(total_);
    total_ += count;
    count = count == 1 ? 0 : (count + 1) / 2;
  }
}

core::Result<PeakWriter> PeakWriter::create(const Track& track) {
  auto file = File::open(peaksPath(track.path()), File::Access::kCreate);
  if (!file) return file.error();
  PeakLayout layout(track.channels(), track.frames());
  STEMWRIGHT_TRY(file.value().resize(layout.fileBytes()));
  STEMWRIGHT_TRY(file.value().writeAt(0, headerOf(layout)));
  return PeakWriter(std::move(file).value(), std::move(layout));
}

core::Result<PeakWriter> PeakWriter::open(const Track& track) {
  auto file = File::open(peaksPath(track.path()), File::Access::kUpdate);
  if (!file) return file.error();
  PeakLayout layout(track.channels(), track.frames());
  Header header;
  STEMWRIGHT_TRY(file.value().readAt(0, header));
  const auto bytes = file.value().size();
  if (!bytes) return bytes.error();
  if (header != headerOf(layout) || bytes.value() != layout.fileBytes()) {
    return core::Error{core::ErrorCode::kInput,
                       file.value().path() + " holds no peaks that fit " + track.path()};
  }
  return PeakWriter(std::move(file).value(), std::move(layout));
}

core::Status PeakWriter::refresh(const Track& track, std::size_t begin, std::size_t end) {
  end = std::min(end, layout_.frames());
  if (begin >= end) return {};
  std::size_t first = begin / PeakLayout::kFramesPerPeak;
  std::size_t last = (end - 1) / PeakLayout::kFramesPerPeak + 1;
  STEMWRIGHT_TRY(writeFinest(track, first, last));
  for (std::size_t level = 1; level < layout_.levels(); ++level) {
    first /= 2;
    last = (last + 1) / 2;
    STEMWRIGHT_TRY(writeHalved(level, first, last));
  }
  return {};
}

core::Status PeakWriter::writeFinest(const Track& track, std::size_t first, std::size_t last) {
  const std::size_t channels = layout_.channels();
  constexpr std::size_t kFrames = PeakLayout::kFramesPerPeak;
  for (std::size_t block = first; block < last; block += kPeaksPerBlock) {
    const std::size_t count = std::min(kPeaksPerBlock, last - block);
    const std::size_t frames = std::min(count * kFrames, layout_.frames() - block * kFrames);
    samples_.resize(frames * channels);
    fine_.resize(count * layout_.peakBytes());
    fineRms_.resize(count * channels);
    STEMWRIGHT_TRY(track.read(block * kFrames, samples_));
    for (std::size_t peak = 0; peak < count; ++peak) {
      const std::size_t start = peak * kFrames * channels;
      const std::size_t size = std::min(kFrames * channels, samples_.size() - start);
      findPeak(std::span(samples_).subspan(start, size), channels,
               fine_.data() + peak * layout_.peakBytes(), fineRms_.data() + peak * channels);
    }
    STEMWRIGHT_TRY(file_.writeAt(layout_.offset(0, block), std::as_bytes(std::span(fine_))));
    STEMWRIGHT_TRY(file_.writeAt(layout_.rmsOffset(0, block), std::as_bytes(std::span(fineRms_))));
  }
  return {};
}

core::Status PeakWriter::writeHalved(std::size_t level, std::size_t first, std::size_t last) {
  const std::size_t channels = layout_.channels();
  for (std::size_t block = first; block < last; block += kPeaksPerBlock) {
    const std::size_t count = std::min(kPeaksPerBlock, last - block);
    const std::size_t children = std::min(2 * count, layout_.peaks(level - 1) - 2 * block);
    fine_.resize(children * layout_.peakBytes());
    fineRms_.resize(children * channels);
    STEMWRIGHT_TRY(file_.readAt(layout_.offset(level - 1, 2 * block),
                                std::as_writable_bytes(std::span(fine_))));
    STEMWRIGHT_TRY(file_.readAt(layout_.rmsOffset(level - 1, 2 * block),
                                std::as_writable_bytes(std::span(fineRms_))));
    coarse_.resize(count * layout_.peakBytes());
    coarseRms_.resize(count * channels);
    for (std::size_t i = 0; i < count * channels; ++i) {
      const std::size_t peak = i / channels;
      const std::size_t left = 2 * peak * channels + i % channels;
      const std::size_t right = 2 * peak + 1 < children ? left + channels : left;
      coarse_[2 * i] = std::min(fine_[2 * left], fine_[2 * right]);
      coarse_[2 * i + 1] = std::max(fine_[2 * left + 1], fine_[2 * right + 1]);
      coarseRms_[i] = meanRms(fineRms_[left], fineRms_[right]);
    }
    STEMWRIGHT_TRY(file_.writeAt(layout_.offset(level, block), std::as_bytes(std::span(coarse_))));
    STEMWRIGHT_TRY(
        file_.writeAt(layout_.rmsOffset(level, block), std::as_bytes(std::span(coarseRms_))));
  }
  return {};
}

core::Status writePeaks(const Track& track) {
  auto peaks = PeakWriter::create(track);
  if (!peaks) return peaks.error();
  return peaks.value().refresh(track, 0, track.frames());
}

core::Status updatePeaks(const Track& track, std::size_t begin, std::size_t end) {
  auto peaks = PeakWriter::open(track);
  return peaks ? peaks.value().refresh(track, begin, end) : writePeaks(track);
}

std::string peaksPath(const std::string& trackPath) {
  const std::size_t name = trackPath.find_last_of("/\\") + 1;
  const std::size_t dot = trackPath.rfind('.');
  const bool hasExtension = dot != std::string::npos && dot > name;
  return (hasExtension ? trackPath.substr(0, dot) : trackPath) + ".peaks";
}

}  // namespace stemwright::pcm
