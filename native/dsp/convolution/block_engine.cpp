#include "dsp/convolution/block_engine.h"

#include <algorithm>

namespace stemwright::dsp {

BlockEngine::BlockEngine(std::size_t block, Responses responses, const ConvolutionRouting& routing,
                         const kernels::Kernels& level)
    : inputs_(routing.inputs),
      outputs_(routing.outputs),
      bank_(block, 0, (responses[0].size() + block - 1) / block, PartitionBank::Blocks::kWhole,
            responses, routing, level),
      window_(routing.inputs * 2 * block),
      ready_(routing.outputs * block) {
  window_.zero();
  ready_.zero();
}

void BlockEngine::process(const float* const* in, float* const* out, std::size_t frames) noexcept {
  const std::size_t block = bank_.block();
  for (std::size_t done = 0; done < frames;) {
    const std::size_t count = std::min(frames - done, block - position_);
    for (std::size_t i = 0; i < inputs_; ++i) {
      std::copy(in[i] + done, in[i] + done + count, window(i) + block + position_);
    }
    for (std::size_t o = 0; o < outputs_; ++o) {
      const float* from = ready(o) + position_;
      std::copy(from, from + count, out[o] + done);
    }
    position_ += count;
    done += count;
    if (position_ == block) computeBlock();
  }
}

void BlockEngine::computeBlock() noexcept {
  const std::size_t block = bank_.block();
  bank_.advance();
  for (std::size_t i = 0; i < inputs_; ++i) {
    bank_.push(i, window(i));
    std::copy(window(i) + block, window(i) + 2 * block, window(i));
  }
  for (std::size_t o = 0; o < outputs_; ++o) {
    bank_.sum(o, 0, 0, bank_.tiles());
    bank_.finish(o, 0, ready(o));
  }
  position_ = 0;
}

void BlockEngine::reset() noexcept {
  bank_.reset();
  window_.zero();
  ready_.zero();
  position_ = 0;
}

std::size_t BlockEngine::bytes() const noexcept {
  return bank_.bytes() + window_.bytes() + ready_.bytes();
}

}  // namespace stemwright::dsp
