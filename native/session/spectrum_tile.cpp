#include "session/spectrum_tile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <span>

#include "core/aligned.h"
#include "dsp/stft.h"
#include "pcm/track.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kColumns = 256;
constexpr std::size_t kRows = 256;
constexpr std::size_t kWindow = 2048;
constexpr std::size_t kFinestHop = 512;
constexpr unsigned kMostLevel = 20;
constexpr double kLowest = 30;  // Hz
constexpr double kLeastRate = 100;
constexpr double kFloor = -120;  // dB

/// The stretch of bins that a row shows, in fractions of a bin: [low, high).
struct Row {
  double low;
  double high;
};

std::array<Row, kRows> rowsAt(double rate) {
  const double ratio = rate / 2 / kLowest;
  const auto binOf = [&](std::size_t edge) {
    const double share = static_cast<double>(edge) / kRows;
    return kLowest * std::pow(ratio, share) * kWindow / rate;
  };
  std::array<Row, kRows> rows{};
  for (std::size_t row = 0; row < kRows; ++row) rows[row] = {binOf(row), binOf(row + 1)};
  return rows;
}

/// The largest power in the row, given those of the bins.
float powerOf(const Row& row, std::span<const float> powers) {
  const auto at = [&](double bin) {
    const auto below = std::min(static_cast<std::size_t>(bin), powers.size() - 2);
    const auto share = static_cast<float>(bin - static_cast<double>(below));
    return powers[below] + share * (powers[below + 1] - powers[below]);
  };
  float most = at((row.low + row.high) / 2);
  const auto last = std::min(powers.size(), static_cast<std::size_t>(std::ceil(row.high)));
  for (auto bin = static_cast<std::size_t>(std::ceil(row.low)); bin < last; ++bin) {
    most = std::max(most, powers[bin]);
  }
  return most;
}

std::byte shade(float power) {
  if (!(power > 0)) return std::byte{0};
  const double decibels = 10 * std::log10(static_cast<double>(power));
  const double value = std::round((decibels - kFloor) / -kFloor * 255);
  return static_cast<std::byte>(std::clamp(value, 0.0, 255.0));
}

class TilePainter {
 public:
  TilePainter(const pcm::Track& track, dsp::Stft stft, double rate)
      : track_(track),
        stft_(std::move(stft)),
        rows_(rowsAt(rate)),
        interleaved_(kWindow * track.channels()),
        mono_(kWindow),
        bins_(2 * stft_.bins()),
        scratch_(stft_.scratchSize()),
        powers_(stft_.bins()) {}

  /// @param centre frame at the middle of the window
  core::Status paint(std::ptrdiff_t centre, std::span<std::byte> column) {
    STEMWRIGHT_TRY(read(centre - static_cast<std::ptrdiff_t>(kWindow / 2)));
    stft_.analyzeFrame(mono_.data(), bins_.data(), scratch_.data());
    constexpr float kScale = 4.0f / kWindow;  // a Hann window halves a sine, as its two bins do
    for (std::size_t bin = 0; bin < powers_.size(); ++bin) {
      const float re = bins_[2 * bin] * kScale;
      const float im = bins_[2 * bin + 1] * kScale;
      powers_[bin] = re * re + im * im;
    }
    for (std::size_t row = 0; row < kRows; ++row) column[row] = shade(powerOf(rows_[row], powers_));
    return {};
  }

 private:
  core::Status read(std::ptrdiff_t start) {
    const auto frames = static_cast<std::ptrdiff_t>(track_.frames());
    const auto begin = std::clamp<std::ptrdiff_t>(start, 0, frames);
    const auto end = std::clamp<std::ptrdiff_t>(start + kWindow, 0, frames);
    const std::size_t channels = track_.channels();
    const auto count = static_cast<std::size_t>(end - begin);
    const auto samples = std::span(interleaved_).first(count * channels);
    STEMWRIGHT_TRY(track_.read(static_cast<std::size_t>(begin), samples));
    std::fill(mono_.begin(), mono_.end(), 0.0f);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      if (!std::isfinite(samples[i])) continue;
      mono_[static_cast<std::size_t>(begin - start) + i / channels] +=
          samples[i] / static_cast<float>(channels);
    }
    return {};
  }

  const pcm::Track& track_;
  const dsp::Stft stft_;
  const std::array<Row, kRows> rows_;
  std::vector<float> interleaved_;
  std::vector<float> mono_;
  core::AlignedBuffer<float> bins_;
  core::AlignedBuffer<float> scratch_;
  std::vector<float> powers_;
};

}  // namespace

core::Result<std::vector<std::byte>> spectrumTile(const SpectrumTileRequest& r) {
  if (!(r.rate >= kLeastRate) || r.level > kMostLevel) {
    return Error{ErrorCode::kInvalidArgument, "no spectrogram has this rate or level"};
  }
  const auto track = pcm::Track::open(r.track, r.channels);
  if (!track) return track.error();
  auto stft = dsp::Stft::create({.nFft = kWindow, .hop = kFinestHop});
  if (!stft) return stft.error();
  TilePainter painter(track.value(), std::move(stft).value(), r.rate);

  const std::size_t hop = kFinestHop << r.level;
  const std::size_t columns = (track.value().frames() + hop - 1) / hop;
  std::vector<std::byte> tile(kColumns * kRows);
  if (r.index > columns / kColumns) return tile;
  const std::size_t first = r.index * kColumns;
  for (std::size_t column = 0; column < kColumns && first + column < columns; ++column) {
    const auto centre = static_cast<std::ptrdiff_t>((first + column) * hop + hop / 2);
    STEMWRIGHT_TRY(painter.paint(centre, std::span(tile).subspan(column * kRows, kRows)));
  }
  return tile;
}

}  // namespace stemwright::session
