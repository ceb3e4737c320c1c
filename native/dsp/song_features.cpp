#include "dsp/song_features.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>
#include <utility>

#include "dsp/window.h"

namespace stemwright::dsp {
namespace {

constexpr double kHopSeconds = 0.0058;
constexpr double kShortSeconds = 0.0232;
constexpr double kLongSeconds = 0.186;
constexpr std::size_t kBands = 40;
constexpr double kLowestHz = 30, kHighestHz = 16'000;
/// Of pitches that have a say in the key.
constexpr double kLowestPitchHz = 60, kHighestPitchHz = 2000;
/// How far below full scale the spectrum is still told apart.
constexpr float kCompression = 1000;

std::size_t powerOfTwo(double seconds, double rate) {
  return std::bit_ceil(std::max<std::size_t>(256, static_cast<std::size_t>(0.75 * seconds * rate)));
}

double melOf(double hz) {
  return 2595 * std::log10(1 + hz / 700);
}
double hzOf(double mel) {
  return 700 * (std::pow(10, mel / 2595) - 1);
}

RealFft transform(std::size_t size) {
  auto made = RealFft::create(size);
  return std::move(made).value();
}

}  // namespace

SongFeatures::Window::Window(std::size_t size)
    : fft(transform(size)), shape(hannWindow(size)), bins(size + 2), scratch(fft.scratchSize()) {}

void SongFeatures::Window::magnitudes(const float* samples, std::vector<float>& out) {
  for (std::size_t i = 0; i < fft.size(); ++i) bins.data()[i] = shape[i] * samples[i];
  fft.forward(bins.data(), bins.data(), scratch.data());
  out.resize(fft.bins());
  const float scale = 4 / static_cast<float>(fft.size());  // a sine at full scale gives 1
  for (std::size_t k = 0; k < out.size(); ++k) {
    out[k] = scale * std::hypot(bins.data()[2 * k], bins.data()[2 * k + 1]);
  }
}

SongFeatures::SongFeatures(double rate)
    : rate_(rate),
      hop_(std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(kHopSeconds * rate)))),
      short_(powerOfTwo(kShortSeconds, rate)),
      long_(powerOfTwo(kLongSeconds, rate)),
      longHop_(long_.fft.size() / 4),
      before_(kBands),
      now_(kBands) {
  const double lowest = melOf(kLowestHz);
  const double step =
      (melOf(std::min(kHighestHz, 0.45 * rate)) - lowest) / static_cast<double>(kBands + 1);
  const double binHz = rate / static_cast<double>(short_.fft.size());
  for (std::size_t b = 0; b < kBands; ++b) {
    const double from = hzOf(lowest + step * static_cast<double>(b)) / binHz;
    const double middle = hzOf(lowest + step * static_cast<double>(b + 1)) / binHz;
    const double to = hzOf(lowest + step * static_cast<double>(b + 2)) / binHz;
    Band band;
    band.first = static_cast<std::size_t>(std::ceil(from));
    for (std::size_t k = band.first; static_cast<double>(k) < to; ++k) {
      const auto at = static_cast<double>(k);
      const double weight = at < middle ? (at - from) / (middle - from) : (to - at) / (to - middle);
      band.weights.push_back(static_cast<float>(weight));
    }
    // Low bands are narrower than a bin.
    if (band.weights.empty()) {
      band.first = static_cast<std::size_t>(std::lround(middle));
      band.weights.push_back(1);
    }
    bands_.push_back(std::move(band));
  }
  // The first frame looks at the beginning as if silence came before it.
  held_.assign(short_.fft.size(), 0.0f);
  longAt_ = held_.size();
}

double SongFeatures::timeOf(double frame) const noexcept {
  // The rise is steepest when an onset has come a quarter into the window.
  const auto size = static_cast<double>(short_.fft.size());
  return (frame * static_cast<double>(hop_) - size + 0.75 * size) / rate_;
}

void SongFeatures::push(std::span<const float> samples) {
  held_.insert(held_.end(), samples.begin(), samples.end());
  run(false);
}

void SongFeatures::finish() {
  held_.insert(held_.end(), short_.fft.size(), 0.0f);
  run(true);
}

void SongFeatures::run(bool isLast) {
  for (; shortAt_ + short_.fft.size() <= held_.size(); shortAt_ += hop_) {
    onsetFrame(held_.data() + shortAt_);
  }
  for (; longAt_ + long_.fft.size() <= held_.size(); longAt_ += longHop_) {
    chromaFrame(held_.data() + longAt_);
  }
  const std::size_t done = isLast ? held_.size() : std::min({shortAt_, longAt_, held_.size()});
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(done));
  shortAt_ -= std::min(done, shortAt_);
  longAt_ -= std::min(done, longAt_);
}

void SongFeatures::onsetFrame(const float* samples) {
  short_.magnitudes(samples, magnitudes_);
  float rise = 0;
  for (std::size_t b = 0; b < kBands; ++b) {
    const Band& band = bands_[b];
    float sum = 0;
    for (std::size_t i = 0; i < band.weights.size() && band.first + i < magnitudes_.size(); ++i) {
      sum += band.weights[i] * magnitudes_[band.first + i];
    }
    now_[b] = std::log1p(kCompression * sum);
    rise += std::max(0.0f, now_[b] - before_[b]);
  }
  onsets_.push_back(hasBefore_ ? rise / static_cast<float>(kBands) : 0);
  hasBefore_ = true;
  std::swap(before_, now_);
}

void SongFeatures::chromaFrame(const float* samples) {
  long_.magnitudes(samples, magnitudes_);
  const double binHz = rate_ / static_cast<double>(long_.fft.size());
  const auto first = static_cast<std::size_t>(std::ceil(kLowestPitchHz / binHz));
  const auto last =
      std::min(magnitudes_.size() - 2, static_cast<std::size_t>(kHighestPitchHz / binHz));
  std::array<double, 12> frame{};
  double sum = 0;
  for (std::size_t k = std::max<std::size_t>(first, 1); k <= last; ++k) {
    const float peak = magnitudes_[k];
    const float low = magnitudes_[k - 1], high = magnitudes_[k + 1];
    if (peak <= low || peak < high || peak < 1e-5f) continue;
    const double shift = 0.5 * (low - high) / (low - 2 * peak + high);
    const double hz = (static_cast<double>(k) + shift) * binHz;
    const double pitch = 69 + 12 * std::log2(hz / 440);
    const double nearest = std::round(pitch);
    // Less, the further it lies from the note.
    const double fit = std::cos(std::numbers::pi * (pitch - nearest));
    const double strength = std::sqrt(static_cast<double>(peak)) * fit * fit;
    frame[static_cast<std::size_t>(static_cast<long>(nearest) % 12)] += strength;
    sum += strength;
  }
  // Every frame says as much as its loudness' root.
  if (sum <= 0) return;
  for (std::size_t i = 0; i < 12; ++i) chroma_[i] += frame[i] / std::sqrt(sum);
}

}  // namespace stemwright::dsp
