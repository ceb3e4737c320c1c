#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/norm.h"
#include "nn/recurrent.h"

namespace stemwright::nn {

/// One sequence: [steps, channels], channels innermost.
struct SequenceShape {
  std::size_t steps = 0;
  std::size_t channels = 0;

  std::size_t size() const noexcept { return steps * channels; }
  bool operator==(const SequenceShape&) const = default;
};

using kernels::WeightType;

// What a network is made of. Weights are laid out as PyTorch does; they are read while the network
// is built, and need not outlive it. `type` is how they are kept: in 16 bits they are rounded.

struct LinearSpec {
  std::size_t in = 0;
  std::size_t out = 0;
  std::span<const float> weight;  ///< [out, in]
  std::span<const float> bias;    ///< [out] or empty
  WeightType type = WeightType::kFp32;
};

struct Conv1dSpec {
  std::size_t in = 0;
  std::size_t out = 0;
  std::size_t kernel = 1;
  std::size_t stride = 1;
  std::size_t dilation = 1;
  std::size_t padding = 0;
  /// Sees no later steps: what the padding would be on the left are the last steps of the call
  /// before, so that a signal may come in pieces. Stride 1 and no padding.
  bool isCausal = false;
  std::span<const float> weight;  ///< [out, in, kernel]
  std::span<const float> bias;    ///< [out] or empty
  WeightType type = WeightType::kFp32;
};

struct GroupNormSpec {
  std::size_t groups = 1;
  std::span<const float> weight;  ///< [channels]
  std::span<const float> bias;    ///< [channels]
  NormAlgorithm algorithm = NormAlgorithm::kWelford;
};

struct RecurrentSpec {
  RecurrentShape shape;
  Recurrent::Parameters parameters;
  WeightType type = WeightType::kFp32;
};

enum class ActivationKind { kGelu, kGlu, kRelu, kSigmoid, kTanh };

struct ActivationSpec {
  ActivationKind kind = ActivationKind::kGelu;
};

using LayerSpec =
    std::variant<LinearSpec, Conv1dSpec, GroupNormSpec, RecurrentSpec, ActivationSpec>;

/// A layer at work. Built for one instruction-set level.
class Layer {
 public:
  virtual ~Layer() = default;

  virtual std::string_view kind() const noexcept = 0;
  /// @return kInvalidArgument when it cannot take such an input
  virtual core::Result<SequenceShape> outputFor(SequenceShape input) const = 0;
  /// Whether process() may be given the same pointer twice.
  virtual bool worksInPlace() const noexcept { return false; }
  /// Floats of scratch for inputs of up to that shape.
  virtual std::size_t scratchFor(SequenceShape) const noexcept { return 0; }
  virtual std::size_t weightBytes() const noexcept = 0;

  /// Allocates nothing; with a pool of one, locks nothing.
  /// @param x [steps, channels] @param scratch as scratchFor says, on a cache line
  virtual void process(const float* x, SequenceShape input, float* out, float* scratch,
                       core::ThreadPool& pool) = 0;
  /// Back to zeros, where there is a state.
  virtual void resetState() noexcept {}
};

/// What `next` would be in the store of the layer before it; kNone where it must stay a layer.
kernels::Activation fusedInto(const LayerSpec& spec, const LayerSpec* next);

/// @param fused as fusedInto() says
/// @return kModel for weights that do not fit or are no numbers
core::Result<std::unique_ptr<Layer>> makeLayer(const LayerSpec& spec, kernels::Activation fused,
                                               const kernels::Kernels& kernels);

}  // namespace stemwright::nn
