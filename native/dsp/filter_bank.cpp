#include "dsp/filter_bank.h"

#include <algorithm>

namespace stemwright::dsp {
namespace {

using kernels::BiquadKernels;
using kernels::kBiquadChannels;

/// Frames at a time, interleaved in the cache.
constexpr std::size_t kChunk = 64;

}  // namespace

FilterBank::FilterBank(std::size_t channels, std::size_t sections, const kernels::Kernels& level)
    : channels_(channels),
      lanes_((channels + kBiquadChannels - 1) / kBiquadChannels * kBiquadChannels),
      sections_(sections),
      kernels_(&level.biquad),
      coefficients_(sections * BiquadKernels::kCoefficients * lanes_),
      state_(sections * BiquadKernels::kStates * lanes_),
      frames_(kChunk * lanes_) {
  coefficients_.zero();
  state_.zero();
  frames_.zero();
  for (std::size_t s = 0; s < sections; ++s) set(s, StateVariable{});
}

float* FilterBank::coefficients(std::size_t section) noexcept {
  return coefficients_.data() + section * BiquadKernels::kCoefficients * lanes_;
}

void FilterBank::set(std::size_t section, std::size_t channel,
                     const StateVariable& filter) noexcept {
  const double a1 = 1 / (1 + filter.g * (filter.g + filter.k));
  const double a2 = filter.g * a1;
  const double values[] = {a1, a2, filter.g * a2, filter.m0, filter.m1, filter.m2};
  float* to = coefficients(section) + channel;
  for (double value : values) {
    *to = static_cast<float>(value);
    to += lanes_;
  }
}

void FilterBank::set(std::size_t section, const StateVariable& filter) noexcept {
  for (std::size_t c = 0; c < channels_; ++c) set(section, c, filter);
}

void FilterBank::process(const float* const* in, float* const* out, std::size_t frames) noexcept {
  for (std::size_t done = 0; done < frames; done += kChunk) {
    const std::size_t count = std::min(kChunk, frames - done);
    for (std::size_t c = 0; c < channels_; ++c) {
      for (std::size_t i = 0; i < count; ++i) frames_[i * lanes_ + c] = in[c][done + i];
    }
    runSections(count);
    for (std::size_t c = 0; c < channels_; ++c) {
      for (std::size_t i = 0; i < count; ++i) out[c][done + i] = frames_[i * lanes_ + c];
    }
  }
}

void FilterBank::runSections(std::size_t frames) noexcept {
  for (std::size_t s = 0; s < sections_; ++s) {
    kernels_->run(coefficients(s), state_.data() + s * BiquadKernels::kStates * lanes_, lanes_,
                  frames_.data(), frames_.data(), frames);
  }
}

}  // namespace stemwright::dsp
