#include "rt/convolution_insert.h"

#include <algorithm>
#include <utility>

#include "rt/limits.h"

namespace stemwright::rt {

ConvolutionInsert::ConvolutionInsert(std::unique_ptr<dsp::Convolver> convolver, double rate,
                                     float dry, float wet)
    : convolver_(std::move(convolver)),
      missedBefore_(convolver_->missedBlocks()),
      countsBefore_(convolver_->deviceCounts()),
      input_(rate, 1),
      dry_(rate, dry),
      wet_(rate, wet),
      wetSound_(2 * kMostFrames),
      line_(2 * convolver_->latency()) {
  wetSound_.zero();
  line_.zero();
}

void ConvolutionInsert::setMix(float dry, float wet) noexcept {
  dry_.set(dry);
  wet_.set(wet);
}

dsp::TailDeviceCounts ConvolutionInsert::deviceCounts() const noexcept {
  const dsp::TailDeviceCounts now = convolver_->deviceCounts();
  return {now.computed - countsBefore_.computed, now.late - countsBefore_.late,
          now.refused - countsBefore_.refused, now.isLost};
}

void ConvolutionInsert::process(float* left, float* right, std::size_t frames) noexcept {
  float* const out[] = {wetSound_.data(), wetSound_.data() + kMostFrames};
  if (input_.now() < 1) {
    convolveFadingIn(left, right, out, frames);
  } else {
    const float* const in[] = {left, right};
    convolver_->process(in, out, frames);
  }
  const std::size_t latency = convolver_->latency();
  if (latency > 0) {
    delay(left, line_.data(), frames);
    delay(right, line_.data() + latency, frames);
    lineAt_ = (lineAt_ + frames) % latency;
  }
  const float dryTarget = dry_.target();
  const float wetTarget = wet_.target();
  for (std::size_t i = 0; i < frames; ++i) {
    const float dry = dry_.next(dryTarget);
    const float wet = wet_.next(wetTarget);
    left[i] = dry * left[i] + wet * out[0][i];
    right[i] = dry * right[i] + wet * out[1][i];
  }
}

/// A dry sound that comes late fades in with it; one that does not is faded by the chain.
void ConvolutionInsert::convolveFadingIn(float* left, float* right, float* const* out,
                                         std::size_t frames) noexcept {
  for (std::size_t i = 0; i < frames; ++i) {
    const float share = input_.next(1);
    out[0][i] = share * left[i];
    out[1][i] = share * right[i];
  }
  if (convolver_->latency() > 0) {
    std::copy_n(out[0], frames, left);
    std::copy_n(out[1], frames, right);
  }
  convolver_->process(out, out, frames);
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
