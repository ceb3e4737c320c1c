#pragma once

#include "core/aligned.h"
#include "dsp/convolution/convolver.h"

namespace stemwright::dsp {

/// Every tap times every sample.
class DirectEngine final : public ConvolutionEngine {
 public:
  DirectEngine(Responses responses, const ConvolutionRouting& routing,
               const kernels::Kernels& level);

  void process(const float* const* in, float* const* out, std::size_t frames) noexcept override;
  void reset() noexcept override;
  std::size_t bytes() const noexcept override;

 private:
  void take(const float* in, std::size_t input, std::size_t count) noexcept;
  void put(std::size_t output, float* out, std::size_t count) noexcept;

  const ConvolutionRouting routing_;
  const kernels::ConvolutionKernels* kernels_;
  const std::size_t taps_;
  const std::size_t ring_;  ///< samples of history, each kept twice, so that any window is whole
  std::size_t at_ = 0;      ///< where the next sample goes
  core::AlignedBuffer<float> responses_, history_, part_;
  core::AlignedBuffer<double> sums_;
};

}  // namespace stemwright::dsp
