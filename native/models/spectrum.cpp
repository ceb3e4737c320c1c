#include "models/spectrum.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

namespace stemwright::models {
namespace {

/// Columns that one task takes.
constexpr std::size_t kColumns = 8;

/// Fills padded[begin, end) of what x, which starts at `left`, is mirrored about both ends to
/// (without repeating them). Where x is too short to mirror, zeros follow it first, as
/// demucs.hdemucs.pad1d adds them.
void reflect(const float* x, std::size_t stride, std::size_t length, std::size_t left,
             std::size_t right, std::size_t begin, std::size_t end, float* padded) {
  const std::size_t longest = std::max(left, right);
  std::size_t zerosLeft = 0;
  std::size_t zerosRight = 0;
  if (length <= longest) {
    const std::size_t missing = longest - length + 1;
    zerosRight = std::min(right, missing);
    zerosLeft = missing - zerosRight;
  }
  const auto extended = static_cast<std::ptrdiff_t>(zerosLeft + length + zerosRight);
  const auto offset = static_cast<std::ptrdiff_t>(left - zerosLeft);
  for (std::size_t i = begin; i < end; ++i) {
    std::ptrdiff_t at = static_cast<std::ptrdiff_t>(i) - offset;
    if (at < 0) at = -at;
    if (at >= extended) at = 2 * (extended - 1) - at;
    at -= static_cast<std::ptrdiff_t>(zerosLeft);
    const bool inside = at >= 0 && at < static_cast<std::ptrdiff_t>(length);
    padded[i] = inside ? x[static_cast<std::size_t>(at) * stride] : 0.0f;
  }
}

std::size_t chunksOf(std::size_t columns) {
  return (columns + kColumns - 1) / kColumns;
}

}  // namespace

Spectrum::Spectrum(dsp::RealFft fft) : fft_(std::move(fft)) {}

core::Result<Spectrum> Spectrum::create(std::size_t nfft, std::size_t frames) {
  core::Result<dsp::RealFft> fft = dsp::RealFft::create(nfft);
  if (!fft.ok()) return fft.error();
  Spectrum spectrum(std::move(fft).value());
  spectrum.nfft_ = nfft;
  spectrum.hop_ = nfft / 4;
  spectrum.frames_ = frames;
  spectrum.columns_ = (frames + spectrum.hop_ - 1) / spectrum.hop_;
  spectrum.analysisWindow_.resize(nfft);
  spectrum.synthesisWindow_.resize(nfft);
  const double root = std::sqrt(static_cast<double>(nfft));
  constexpr double kSquaresAtFourfoldOverlap = 1.5;  // of the Hann window
  for (std::size_t i = 0; i < nfft; ++i) {
    const double phase =
        2.0 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(nfft);
    const double hann = 0.5 - 0.5 * std::cos(phase);
    spectrum.analysisWindow_[i] = static_cast<float>(hann / root);
    spectrum.synthesisWindow_[i] = static_cast<float>(hann * root / kSquaresAtFourfoldOverlap);
  }
  return spectrum;
}

std::size_t Spectrum::paddedSize(std::size_t channels) const noexcept {
  return channels * (columns_ + 3) * hop_;
}

std::size_t Spectrum::scratchSize(std::size_t channels) const noexcept {
  const std::size_t transforms = kColumns * channels * core::paddedCount<float>(nfft_ + 2);
  const std::size_t overlapped = (kColumns + 3) * hop_;
  return transforms + overlapped + core::paddedCount<float>(fft_.scratchSize());
}

void Spectrum::analyse(const float* x, std::size_t channels, float* out, float* padded,
                       float* scratch, core::ThreadPool& pool) const {
  const std::size_t line = (columns_ + 3) * hop_;
  const std::size_t left = hop_ / 2 * 3;
  const std::size_t right = left + columns_ * hop_ - frames_;
  constexpr std::size_t kPiece = 16384;
  const std::size_t pieces = (line + kPiece - 1) / kPiece;
  pool.parallelFor(channels * pieces, [&](std::size_t index, unsigned) {
    const std::size_t c = index / pieces;
    const std::size_t begin = index % pieces * kPiece;
    reflect(x + c, channels, frames_, left, right, begin, std::min(line, begin + kPiece),
            padded + c * line);
  });
  const std::size_t stride = core::paddedCount<float>(nfft_ + 2);
  pool.parallelFor(chunksOf(columns_), [&](std::size_t chunk, unsigned worker) {
    float* transforms = scratch + worker * scratchSize(channels);
    float* work = transforms + kColumns * channels * stride + (kColumns + 3) * hop_;
    const std::size_t first = chunk * kColumns;
    const std::size_t count = std::min(kColumns, columns_ - first);
    for (std::size_t t = 0; t < count; ++t) {
      for (std::size_t c = 0; c < channels; ++c) {
        float* transform = transforms + (t * channels + c) * stride;
        const float* from = padded + c * line + (first + t) * hop_;
        for (std::size_t i = 0; i < nfft_; ++i) transform[i] = from[i] * analysisWindow_[i];
        fft_.forward(transform, transform, work);
      }
    }
    for (std::size_t bin = 0; bin < bins(); ++bin) {
      float* to = out + (bin * columns_ + first) * channels * 2;
      for (std::size_t i = 0; i < count * channels; ++i) {
        to[2 * i] = transforms[i * stride + 2 * bin];
        to[2 * i + 1] = transforms[i * stride + 2 * bin + 1];
      }
    }
  });
}

void Spectrum::synthesiseChunk(std::size_t chunk, const float* spectrogram, float gain,
                               float offset, std::size_t sources, std::size_t channels, float* out,
                               float* scratch) const {
  const std::size_t signals = sources * channels;
  const std::size_t stride = core::paddedCount<float>(nfft_ + 2);
  float* overlapped = scratch + kColumns * signals * stride;
  float* work = overlapped + (kColumns + 3) * hop_;
  const std::size_t first = chunk * kColumns;
  const std::size_t count = std::min(kColumns, columns_ - first);
  for (std::size_t bin = 0; bin < bins(); ++bin) {
    const float* from = spectrogram + (bin * columns_ + first) * signals * 2;
    for (std::size_t i = 0; i < count * signals; ++i) {
      scratch[i * stride + 2 * bin] = from[2 * i] * gain + offset;
      scratch[i * stride + 2 * bin + 1] = from[2 * i + 1] * gain + offset;
    }
  }
  // The chunk covers output frames [first * hop - 1.5 hop, … + (count + 3) hop).
  const std::size_t reach = (count + 3) * hop_;
  const std::size_t lead = hop_ / 2 * 3;
  const std::size_t origin = first * hop_;
  const std::size_t skip = origin < lead ? lead - origin : 0;
  const std::size_t end = std::min(reach, frames_ + lead - origin);
  for (std::size_t signal = 0; signal < signals; ++signal) {
    std::fill_n(overlapped, reach, 0.0f);
    for (std::size_t t = 0; t < count; ++t) {
      float* transform = scratch + (t * signals + signal) * stride;
      transform[nfft_] = 0.0f;  // the Nyquist bin
      transform[nfft_ + 1] = 0.0f;
      fft_.inverse(transform, transform, work);
      float* to = overlapped + t * hop_;
      for (std::size_t i = 0; i < nfft_; ++i) to[i] += transform[i] * synthesisWindow_[i];
    }
    float* to = out + signal / channels * frames_ * channels + signal % channels;
    for (std::size_t i = skip; i < end; ++i) to[(origin + i - lead) * channels] += overlapped[i];
  }
}

void Spectrum::synthesise(const float* spectrogram, float gain, float offset, std::size_t sources,
                          std::size_t channels, float* out, float* scratch,
                          core::ThreadPool& pool) const {
  // A chunk overlaps only its neighbours: even ones first, then odd ones, so that no two tasks
  // add to the same frame and the order of the sums does not depend on the threads.
  const std::size_t chunks = chunksOf(columns_);
  for (std::size_t parity = 0; parity < 2; ++parity) {
    pool.parallelFor((chunks + 1 - parity) / 2, [&](std::size_t index, unsigned worker) {
      synthesiseChunk(2 * index + parity, spectrogram, gain, offset, sources, channels, out,
                      scratch + worker * scratchSize(sources * channels));
    });
  }
}

}  // namespace stemwright::models
