#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/memory_usage.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "nn/graph.h"
#include "nn/inference.h"
#include "nn/memory_plan.h"

namespace stemwright::nn {

/// A network of our own layers: activations fused into the layers before them, shapes known, one
/// arena for all it writes.
class CompiledNetwork final : public Inference {
 public:
  using Options = InferenceOptions;

  /// A chain.
  /// @param longest steps of the longest call
  /// @return kModel naming the layer whose weights do not fit; kInvalidArgument for layers that do
  ///         not follow one another, or no layers
  static core::Result<CompiledNetwork> compile(
      std::span<const LayerSpec> layers, SequenceShape longest, const Options& options,
      const kernels::Kernels& kernels = kernels::kernels());
  /// Any graph; the last node gives the output.
  /// @return the same, naming the node; kInvalidArgument for inputs that are no earlier nodes
  static core::Result<CompiledNetwork> compile(
      std::span<const NodeSpec> nodes, SequenceShape longest, const Options& options,
      const kernels::Kernels& kernels = kernels::kernels());

  SequenceShape input() const noexcept override { return shapes_.front(); }
  core::Result<SequenceShape> outputFor(std::size_t steps) const override;
  std::size_t weightBytes() const noexcept override;
  std::size_t workspaceBytes() const noexcept override { return arena_.bytes(); }
  core::Status predict(const float* x, std::size_t steps, float* out) override;
  void resetState() noexcept override;

 private:
  /// Values are numbered: 0 is the network's input, i + 1 what step i writes.
  struct Step {
    std::string name;
    std::unique_ptr<Layer> layer;  ///< null for a join
    JoinKind join = JoinKind::kAdd;
    std::vector<std::size_t> inputs;

    core::Result<SequenceShape> outputFor(std::span<const SequenceShape> shapes) const;
  };

  CompiledNetwork(std::vector<Step> steps, SequenceShape input, const kernels::Kernels& kernels,
                  unsigned threads);
  static core::Result<std::vector<Step>> makeSteps(std::span<const NodeSpec> nodes,
                                                   const kernels::Kernels& kernels);
  core::Status checkSteps(std::size_t steps) const;
  core::Status findShapes(std::size_t steps, std::span<SequenceShape> shapes) const;
  void plan();
  void allocate();
  void releaseWorkspace() noexcept override;
  void join(const Step& step, float* out) const;

  std::vector<Step> steps_;
  const kernels::Kernels* kernels_;
  std::vector<SequenceShape> shapes_;  ///< of each value at the longest input
  std::vector<SequenceShape> now_;     ///< of each value in this call
  std::vector<const float*> values_;   ///< where each is in this call
  std::vector<std::size_t> offsets_;   ///< of each step's result in the arena
  std::size_t scratchOffset_ = 0;
  std::size_t arenaSize_ = 0;
  core::AlignedBuffer<float> arena_;  ///< results, then scratch
  core::MemoryClaim claim_;           ///< of the arena and the weights
  std::unique_ptr<core::ThreadPool> pool_;
};

}  // namespace stemwright::nn
