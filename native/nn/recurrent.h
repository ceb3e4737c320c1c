#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/recurrent_parameters.h"
#include "core/result.h"
#include "kernels/dispatch.h"
#include "nn/packed_matrix.h"

namespace stemwright::nn {

enum class RecurrentCell { kLstm, kGru };

struct RecurrentShape {
  RecurrentCell cell = RecurrentCell::kLstm;
  std::size_t inputSize = 0;
  std::size_t hiddenSize = 0;
  std::size_t layers = 1;
  bool bidirectional = false;

  std::size_t directions() const noexcept { return bidirectional ? 2 : 1; }
};

/// torch.nn.LSTM or torch.nn.GRU, batch first, with PyTorch's parameter names, shapes and order of
/// gates (LSTM i, f, g, o; GRU r, z, n). Keeps its state from call to call, so that a signal may
/// come in pieces; a bidirectional one starts its backward direction from the state of the last
/// call too, so reset it between sequences. One call at a time.
class Recurrent {
 public:
  /// All weights must be there; biases may be absent altogether.
  using Parameters = core::NamedParameters;

  /// @param weights in 16 bits they take half the memory, which is what a step waits for
  /// @return kInvalidArgument for an empty shape, kModel naming a parameter missing or ill-sized
  static core::Result<Recurrent> create(const RecurrentShape& shape, const Parameters& parameters,
                                        const kernels::Kernels& kernels = kernels::kernels(),
                                        kernels::WeightType weights = kernels::WeightType::kFp32);

  /// Allocates for `batch` sequences and calls of up to `steps` steps; the state becomes zero.
  /// @return kInvalidArgument when either is 0
  core::Status prepare(std::size_t batch, std::size_t steps);

  /// Allocates nothing. [audio-thread safe after prepare, where it succeeds]
  /// @param x   [batch, steps, inputSize]; must not overlap out
  /// @param out [batch, steps, directions * hiddenSize]
  /// @return kInvalidArgument without prepare, or for 0 steps or more than prepared
  core::Status process(const float* x, std::size_t steps, float* out);

  /// The same for whoever brings the scratch: allocates the state only, which becomes zero.
  void prepareState(std::size_t batch);
  /// Floats that process() works with.
  std::size_t scratchSize(std::size_t batch, std::size_t steps) const noexcept;
  /// @param scratch scratchSize() floats, on a cache line. [audio-thread safe after prepareState]
  void process(const float* x, std::size_t steps, float* out, float* scratch);

  std::size_t bytes() const noexcept;

  /// Prepares for calls of up to `steps` steps, and runs once on zeros, so that the first real call
  /// finds pages and caches ready; the state is zero afterwards. @return kInvalidArgument for 0
  core::Status prewarm(std::size_t steps);

  /// Back to zeros. [audio-thread safe]
  void resetState() noexcept;

  const RecurrentShape& shape() const noexcept { return shape_; }
  /// States after the last call, PyTorch's h_n and c_n: [layers * directions, batch, hiddenSize].
  /// c_n is empty for a GRU. Writable, to continue from a state of one's own.
  std::span<float> hiddenState() noexcept { return hidden_.span(); }
  std::span<float> cellState() noexcept { return cell_.span(); }

 private:
  /// One direction of one layer. Columns of both matrices are vectors of gates: for each block of
  /// `lanes` units one vector a gate, as kernels::RecurrentStep wants them.
  struct Direction {
    PackedMatrix input;   ///< its bias holds all that is outside the reset product
    PackedMatrix hidden;  ///< without bias
    core::AlignedBuffer<float> hiddenBias;
    std::size_t inputs = 0;
  };

  Recurrent(const RecurrentShape& shape, const kernels::Kernels& kernels,
            kernels::WeightType weights);
  std::size_t gates() const noexcept { return shape_.cell == RecurrentCell::kLstm ? 4 : 3; }
  std::size_t columns() const noexcept;
  core::Status load(Direction& direction, std::size_t inputs, const std::string& suffix,
                    const Parameters& parameters) const;
  bool projects(std::size_t rows) const noexcept;
  std::size_t projectionSize(std::size_t rows) const noexcept;
  std::size_t betweenSize(std::size_t rows, std::size_t index) const noexcept;
  void runDirection(std::size_t layer, bool backward, const float* x, std::size_t steps, float* out,
                    float* projection);

  RecurrentShape shape_;
  const kernels::Kernels* kernels_;
  kernels::WeightType weights_;
  std::vector<Direction> directions_;  ///< [layer][direction]
  std::size_t batch_ = 0;
  std::size_t maxSteps_ = 0;
  std::size_t turns_ = 0;  ///< steps so far, which go through the weights by turns from either end
  core::AlignedBuffer<float> scratch_;  ///< projection, then the outputs of inner layers in turn
  core::AlignedBuffer<float> hidden_;
  core::AlignedBuffer<float> cell_;
};

}  // namespace stemwright::nn
