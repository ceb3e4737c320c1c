#include "rt/convolution_insert.h"

#include <algorithm>
#include <utility>

#include "rt/limits.h"

namespace stemwright::rt {
namespace {

/// One frame nearer to where a gain is to be.
float towards(float gain, float wanted, float step) {
  return gain < wanted ? std::min(gain + step, wanted) : std::max(gain - step, wanted);
}

}  // namespace

ConvolutionInsert::ConvolutionInsert(std::unique_ptr<dsp::Convolver> convolver, double rate,
                                     float dry, float wet)
    : convolver_(std::move(convolver)),
      step_(static_cast<float>(1 / (kRampSeconds * rate))),
      wantedDry_(dry),
      wantedWet_(wet),
      dry_(dry),
      wet_(wet),
      wetSound_(2 * kMostFrames),
      line_(2 * convolver_->latency()) {
  wetSound_.zero();
  line_.zero();
  convolver_->warmUp();
}

void ConvolutionInsert::setMix(float dry, float wet) noexcept {
  wantedDry_.store(dry, std::memory_order_relaxed);
  wantedWet_.store(wet, std::memory_order_relaxed);
}

void ConvolutionInsert::process(float* left, float* right, std::size_t frames) noexcept {
  const float* const in[] = {left, right};
  float* const out[] = {wetSound_.data(), wetSound_.data() + kMostFrames};
  convolver_->process(in, out, frames);
  const std::size_t latency = convolver_->latency();
  if (latency > 0) {
    delay(left, line_.data(), frames);
    delay(right, line_.data() + latency, frames);
    lineAt_ = (lineAt_ + frames) % latency;
  }
  const float dry = wantedDry_.load(std::memory_order_relaxed);
  const float wet = wantedWet_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < frames; ++i) {
    dry_ = towards(dry_, dry, step_);
    wet_ = towards(wet_, wet, step_);
    left[i] = dry_ * left[i] + wet_ * out[0][i];
    right[i] = dry_ * right[i] + wet_ * out[1][i];
  }
}

void ConvolutionInsert::delay(float* channel, float* line, std::size_t frames) noexcept {
  const std::size_t latency = convolver_->latency();
  std::size_t at = lineAt_;
  for (std::size_t i = 0; i < frames; ++i) {
    std::swap(channel[i], line[at]);
    at = at + 1 == latency ? 0 : at + 1;
  }
}

}  // namespace stemwright::rt
