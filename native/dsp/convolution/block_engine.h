#pragma once

#include "core/aligned.h"
#include "dsp/convolution/convolver.h"
#include "dsp/convolution/partition_bank.h"

namespace stemwright::dsp {

/// Partitions of one size, or a single one. Output comes one block late, whatever the calls.
class BlockEngine final : public ConvolutionEngine {
 public:
  BlockEngine(std::size_t block, Responses responses, const ConvolutionRouting& routing,
              const kernels::Kernels& level);

  void process(const float* const* in, float* const* out, std::size_t frames) noexcept override;
  void reset() noexcept override;
  std::size_t latency() const noexcept override { return bank_.block(); }
  std::size_t bytes() const noexcept override;

 private:
  float* window(std::size_t input) noexcept { return window_.data() + input * 2 * bank_.block(); }
  float* ready(std::size_t output) noexcept { return ready_.data() + output * bank_.block(); }
  void computeBlock() noexcept;

  const std::size_t inputs_;
  const std::size_t outputs_;
  PartitionBank bank_;
  core::AlignedBuffer<float> window_;  ///< per input: the last whole block, then the current one
  core::AlignedBuffer<float> ready_;
  std::size_t position_ = 0;
};

}  // namespace stemwright::dsp
