#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "core/memory_usage.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "nn/network.h"
#include "nn/sequential.h"

namespace stemwright::nn {

using core::PressureLevel;

/// A network with everything decided beforehand: activations fused into the layers before them,
/// shapes known, one arena for all it writes. Keeps its state from call to call, so that a signal
/// may come in pieces. One call at a time.
class CompiledNetwork {
 public:
  struct Options {
    /// 1: predict() neither locks nor waits, as the audio thread needs.
    unsigned threads = 1;
  };
  /// Told how short memory is; returns whether to release the workspace.
  using PressureDelegate = std::function<bool(PressureLevel)>;

  /// @param longest steps of the longest call
  /// @return kModel naming the layer whose weights do not fit; kInvalidArgument for layers that do
  ///         not follow one another, or no layers
  static core::Result<CompiledNetwork> compile(
      std::span<const LayerSpec> layers, SequenceShape longest, const Options& options,
      const kernels::Kernels& kernels = kernels::kernels());

  SequenceShape input() const noexcept { return input_; }
  /// @return steps and channels that so many input steps give; kInvalidArgument for too few or many
  core::Result<SequenceShape> outputFor(std::size_t steps) const;
  std::size_t weightBytes() const noexcept;
  std::size_t workspaceBytes() const noexcept { return arena_.bytes(); }

  /// Allocates nothing while the workspace is there; after a release the next call makes it anew.
  /// @param x [steps, channels] @param out as outputFor(steps) says; must not overlap x
  /// @return kInvalidArgument for steps it was not compiled for
  core::Status predict(const float* x, std::size_t steps, float* out);

  /// Runs once on zeros of the longest length, so that the first real call finds pages and caches
  /// ready; states are zero afterwards.
  void prewarm();
  void resetState() noexcept;

  /// Without one, a warning keeps the workspace and a critical level releases it.
  void onPressure(PressureDelegate delegate) { delegate_ = std::move(delegate); }
  /// Not during predict(). The streaming state is kept.
  /// @return whether the workspace was released
  bool handlePressure(PressureLevel level);

 private:
  CompiledNetwork(std::vector<std::unique_ptr<Layer>> layers, SequenceShape input, BufferPlan plan,
                  unsigned threads);
  void allocate();

  std::vector<std::unique_ptr<Layer>> layers_;
  SequenceShape input_;
  BufferPlan plan_;
  core::AlignedBuffer<float> arena_;  ///< buffer 0, buffer 1, scratch
  core::MemoryClaim claim_;           ///< of the arena and the weights
  std::unique_ptr<core::ThreadPool> pool_;
  PressureDelegate delegate_;
};

}  // namespace stemwright::nn
