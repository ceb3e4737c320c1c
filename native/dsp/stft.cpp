#include "dsp/stft.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string>
#include <utility>

#include "dsp/window.h"

namespace stemwright::dsp {
namespace {

/// PyTorch refuses to divide by less.
constexpr double kLeastEnvelope = 1e-11;

/// Frames that are windowed before they are transformed; small enough to stay in cache.
constexpr std::size_t kBatch = 16;

core::Error invalid(std::string message) {
  return {core::ErrorCode::kInvalidArgument, std::move(message)};
}

/// Samples start .. start + count of x continued by reflection at both ends.
void copyReflected(std::span<const float> x, std::ptrdiff_t start, std::size_t count, float* out) {
  const auto last = static_cast<std::ptrdiff_t>(x.size()) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::ptrdiff_t at = std::abs(start + static_cast<std::ptrdiff_t>(i));
    out[i] = x[static_cast<std::size_t>(at > last ? 2 * last - at : at)];
  }
}

}  // namespace

core::Status reflectPad(std::span<const float> x, std::size_t left, std::size_t right,
                        std::span<float> out) {
  if (std::max(left, right) >= x.size()) {
    return invalid("reflect padding of " + std::to_string(std::max(left, right)) +
                   " samples needs a longer signal than " + std::to_string(x.size()));
  }
  if (out.size() != left + x.size() + right) return invalid("reflect padding: wrong output length");
  copyReflected(x, -static_cast<std::ptrdiff_t>(left), left, out.data());
  std::copy(x.begin(), x.end(), out.begin() + static_cast<std::ptrdiff_t>(left));
  copyReflected(x, static_cast<std::ptrdiff_t>(x.size()), right, out.data() + left + x.size());
  return core::okStatus();
}

core::Result<Stft> Stft::create(StftOptions options, const kernels::Kernels& level) {
  if (options.hop == 0 || options.hop > options.nFft) {
    return invalid("STFT hop of " + std::to_string(options.hop) + ": must be 1 to " +
                   std::to_string(options.nFft));
  }
  if (options.window.empty()) options.window = hannWindow(options.nFft);
  if (options.window.size() != options.nFft) {
    return invalid("STFT window of " + std::to_string(options.window.size()) +
                   " values for a transform of " + std::to_string(options.nFft));
  }
  core::Result<RealFft> fft = RealFft::create(options.nFft, level);
  if (!fft.ok()) return fft.error();
  return Stft(std::move(fft).value(), std::move(options), level);
}

Stft::Stft(RealFft fft, StftOptions options, const kernels::Kernels& level)
    : elementwise_(&level.elementwise),
      fft_(std::move(fft)),
      hop_(options.hop),
      centre_(options.centre),
      window_(options.nFft),
      analysis_(options.nFft),
      synthesis_(options.nFft),
      inverseEnvelope_(options.hop) {
  std::vector<double> envelope(hop_);
  const double scale = options.normalized ? std::sqrt(static_cast<double>(options.nFft)) : 1.0;
  for (std::size_t i = 0; i < options.nFft; ++i) {
    const double weight = options.window[i];
    window_[i] = options.window[i];
    analysis_[i] = static_cast<float>(weight / scale);
    synthesis_[i] = static_cast<float>(weight * scale);
    envelope[i % hop_] += weight * weight;
  }
  for (std::size_t i = 0; i < hop_; ++i) {
    inverseEnvelope_[i] = static_cast<float>(1 / envelope[i]);
    if (envelope[i] < kLeastEnvelope) evenlyCovered_ = false;
  }
}

std::size_t Stft::frames(std::size_t samples) const noexcept {
  const std::size_t padded = samples + 2 * margin();
  if (padded < nFft() || samples <= margin()) return 0;
  return 1 + (padded - nFft()) / hop_;
}

std::size_t Stft::samples(std::size_t frames) const noexcept {
  return frames == 0 ? 0 : nFft() + (frames - 1) * hop_ - 2 * margin();
}

void Stft::analyzeFrame(const float* x, float* bins, float* scratch) const noexcept {
  elementwise_->multiply(x, analysis_.data(), bins, nFft());
  fft_.forward(bins, bins, scratch);
}

void Stft::synthesizeFrame(const float* bins, float* y, float* scratch) const noexcept {
  fft_.inverse(bins, y, scratch);
  elementwise_->multiply(y, synthesis_.data(), y, nFft());
}

void Stft::analyzeFrames(const float* x, std::size_t count, float* bins,
                         float* scratch) const noexcept {
  const std::size_t stride = 2 * this->bins();
  for (std::size_t done = 0; done < count; done += kBatch) {
    const std::size_t batch = std::min(kBatch, count - done);
    float* rows = bins + done * stride;
    for (std::size_t i = 0; i < batch; ++i) {
      elementwise_->multiply(x + (done + i) * hop_, analysis_.data(), rows + i * stride, nFft());
    }
    fft_.forwardBatch(batch, rows, stride, rows, stride, scratch);
  }
}

void Stft::synthesizeFrames(const float* bins, std::size_t count, float* y, std::size_t yStride,
                            float* scratch) const noexcept {
  const std::size_t stride = 2 * this->bins();
  for (std::size_t done = 0; done < count; done += kBatch) {
    const std::size_t batch = std::min(kBatch, count - done);
    float* rows = y + done * yStride;
    fft_.inverseBatch(batch, bins + done * stride, stride, rows, yStride, scratch);
    for (std::size_t i = 0; i < batch; ++i) {
      float* row = rows + i * yStride;
      elementwise_->multiply(row, synthesis_.data(), row, nFft());
    }
  }
}

core::Status Stft::forward(std::span<const float> x, float* spectra, float* scratch) const {
  const std::size_t count = frames(x.size());
  if (count == 0) {
    return invalid("STFT of " + std::to_string(x.size()) + " samples: too short for frames of " +
                   std::to_string(nFft()));
  }
  const std::size_t stride = 2 * bins();
  float* edge = scratch + fft_.scratchSize();
  const auto throughEdge = [&](std::size_t frame) {
    const auto start = static_cast<std::ptrdiff_t>(frame * hop_);
    copyReflected(x, start - static_cast<std::ptrdiff_t>(margin()), nFft(), edge);
    analyzeFrame(edge, spectra + frame * stride, scratch);
  };
  // Frames that lie inside the signal need no reflection: [firstWhole, endWhole).
  const std::size_t firstWhole = std::min(count, (margin() + hop_ - 1) / hop_);
  const std::size_t reach = x.size() + margin();
  const std::size_t endWhole =
      std::max(firstWhole, reach < nFft() ? 0 : (reach - nFft()) / hop_ + 1);
  for (std::size_t frame = 0; frame < firstWhole; ++frame) throughEdge(frame);
  if (endWhole > firstWhole) {
    analyzeFrames(x.data() + firstWhole * hop_ - margin(), endWhole - firstWhole,
                  spectra + firstWhole * stride, scratch);
  }
  for (std::size_t frame = endWhole; frame < count; ++frame) throughEdge(frame);
  return core::okStatus();
}

core::Status Stft::inverse(const float* spectra, std::size_t frames, std::span<float> y,
                           float* scratch) const {
  std::fill(y.begin(), y.end(), 0.0f);
  float* frame = scratch + fft_.scratchSize();
  const std::size_t begin = margin();
  const std::size_t end = margin() + y.size();
  for (std::size_t i = 0; i < frames; ++i) {
    const std::size_t from = std::max(i * hop_, begin);
    const std::size_t to = std::min(i * hop_ + nFft(), end);
    if (from >= to) continue;
    synthesizeFrame(spectra + i * 2 * bins(), frame, scratch);
    float* out = y.data() + (from - begin);
    elementwise_->add(out, frame + (from - i * hop_), out, to - from);
  }
  const std::size_t reach = frames == 0 ? 0 : (frames - 1) * hop_ + nFft() - margin();
  return divideByEnvelope(y.first(std::min(y.size(), reach)), frames);
}

bool Stft::fullyCovered(std::size_t position, std::size_t frames) const noexcept {
  return position + hop_ >= nFft() && position / hop_ < frames;
}

double Stft::envelope(std::size_t position, std::size_t frames) const noexcept {
  const std::size_t n = nFft();
  const std::size_t first = position < n ? 0 : (position - n) / hop_ + 1;
  const std::size_t last = std::min(position / hop_, frames - 1);
  double sum = 0;
  for (std::size_t frame = first; frame <= last; ++frame) {
    const double weight = window_[position - frame * hop_];
    sum += weight * weight;
  }
  return sum;
}

core::Status Stft::divideByEnvelope(std::span<float> y, std::size_t frames) const {
  for (std::size_t i = 0; i < y.size();) {
    const std::size_t position = i + margin();
    if (evenlyCovered_ && position % hop_ == 0 && fullyCovered(position + hop_ - 1, frames) &&
        fullyCovered(position, frames)) {
      const std::size_t run = std::min(hop_, y.size() - i);
      elementwise_->multiply(y.data() + i, inverseEnvelope_.data(), y.data() + i, run);
      i += run;
      continue;
    }
    const double weight = envelope(position, frames);
    if (weight < kLeastEnvelope) {
      return invalid("inverse STFT: the windows leave sample " + std::to_string(i) + " uncovered");
    }
    y[i] = static_cast<float>(y[i] / weight);
    ++i;
  }
  return core::okStatus();
}

}  // namespace stemwright::dsp
