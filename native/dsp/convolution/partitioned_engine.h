#pragma once

#include <functional>
#include <memory>
#include <semaphore>
#include <vector>

#include "core/aligned.h"
#include "dsp/convolution/convolver.h"
#include "dsp/convolution/layout.h"
#include "dsp/convolution/partition_bank.h"
#include "dsp/convolution/tail_stage.h"
#include "dsp/convolution/tail_worker.h"

namespace stemwright::dsp {

/// Partitions that grow, without latency. A block of the smallest size that comes in one piece is
/// convolved as a whole; of one that comes in pieces the first partition is convolved directly.
class PartitionedEngine final : public ConvolutionEngine {
 public:
  /// Throws std::system_error when the worker gets no thread.
  PartitionedEngine(const PartitionLayout& layout, Responses responses,
                    const ConvolutionRouting& routing, const ConvolverOptions& options,
                    const kernels::Kernels& level);

  void process(const float* const* in, float* const* out, std::size_t frames) noexcept override;
  void settle() noexcept override;
  void reset() noexcept override;
  std::size_t bytes() const noexcept override;
  std::uint64_t missedBlocks() const noexcept override;
  TailDeviceCounts deviceCounts() const noexcept override;

 private:
  float* window(std::size_t input) noexcept { return window_.data() + input * windowStride_; }
  float* rest(std::size_t output) noexcept { return rest_.data() + output * head_.block(); }
  void pushBlock() noexcept;
  void convolveBlock(float* const* out, std::size_t offset) noexcept;
  void convolvePiece(float* const* out, std::size_t offset, std::size_t count) noexcept;
  void addFirstTaps(const ConvolutionPath& path, float* to, std::size_t count) noexcept;
  void endBlock(std::size_t upcoming) noexcept;
  void makeTail(const std::vector<TailLayout>& layouts, Responses responses,
                const ConvolverOptions& options, const kernels::Kernels& level);

  const ConvolutionRouting routing_;
  const kernels::ConvolutionKernels* kernels_;
  PartitionBank head_;
  const std::size_t windowStride_;
  core::AlignedBuffer<float> firstTaps_;  ///< per response, the taps of partition 0
  core::AlignedBuffer<float> window_;     ///< per input: the last whole block, then the current one
  core::AlignedBuffer<float> rest_;       ///< per output: the current block without partition 0
  core::AlignedBuffer<float> part_;       ///< what some of the taps give of a piece
  std::size_t position_ = 0;
  std::counting_semaphore<> jobs_{0};  ///< for the worker; devices outlive that, and wake it
  std::vector<std::unique_ptr<TailStage>> tail_;
  std::unique_ptr<TailWorker> worker_;
};

}  // namespace stemwright::dsp
