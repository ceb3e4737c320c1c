#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "nn/network.h"

namespace stemwright::nn {

/// Where each layer of a chain writes: two buffers in turn, and in place where a layer can.
struct BufferPlan {
  std::vector<SequenceShape> outputs;  ///< of each layer
  std::vector<std::size_t> buffers;    ///< 0 or 1: which one it writes
  std::size_t sizes[2] = {0, 0};       ///< floats
  std::size_t scratch = 0;             ///< floats, for the layer that needs most

  std::size_t bufferCount() const noexcept { return (sizes[0] != 0) + (sizes[1] != 0); }
};

/// @return kInvalidArgument naming the layer that cannot take what the one before gives
core::Result<BufferPlan> planBuffers(std::span<const std::unique_ptr<Layer>> layers,
                                     SequenceShape input);

/// Layers one after another, with activations as layers of their own. One call at a time.
class Sequential {
 public:
  /// @return kModel naming the layer whose weights do not fit, kInvalidArgument for no layers
  static core::Result<Sequential> create(std::span<const LayerSpec> layers,
                                         const kernels::Kernels& kernels = kernels::kernels());

  /// Finds every shape and allocates what forward() needs; states become zero.
  /// @param input of the longest sequence
  core::Status build(SequenceShape input);

  /// "3 layers, 2 buffers (33% memory saved)": against a buffer for each layer. Empty before build.
  std::string bufferStats() const;
  const BufferPlan& plan() const noexcept { return plan_; }

  /// Allocates nothing. @param x [steps, channels] as built, or fewer steps
  /// @return [steps, channels] of the last layer, until the next call; kInvalidArgument before
  ///         build or for more steps than built for
  core::Result<std::span<const float>> forward(const float* x, std::size_t steps,
                                               core::ThreadPool& pool);
  void resetState() noexcept;
  std::size_t weightBytes() const noexcept;
  std::size_t workspaceBytes() const noexcept;

 private:
  explicit Sequential(std::vector<std::unique_ptr<Layer>> layers) : layers_(std::move(layers)) {}

  std::vector<std::unique_ptr<Layer>> layers_;
  SequenceShape input_;
  BufferPlan plan_;
  core::AlignedBuffer<float> buffers_[2];
  core::AlignedBuffer<float> scratch_;
};

}  // namespace stemwright::nn
