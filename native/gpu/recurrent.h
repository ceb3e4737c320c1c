#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/recurrent_parameters.h"
#include "core/result.h"
#include "gpu/device.h"
#include "gpu/ops.h"

namespace stemwright::gpu {

struct RecurrentShape {
  bool isGru = false;
  std::size_t inputSize = 0;
  std::size_t hiddenSize = 0;  ///< at most RECURRENT_MOST_UNITS
  std::size_t layers = 1;
  bool isBidirectional = false;

  std::size_t directions() const noexcept { return isBidirectional ? 2 : 1; }
  std::size_t gates() const noexcept { return isGru ? 3 : 4; }
};

/// torch.nn.LSTM or torch.nn.GRU, as nn::Recurrent: its parameters' names, and a state that is kept
/// from call to call. A whole sequence is two dispatches a layer and direction. [one thread]
class Recurrent {
 public:
  using Parameters = core::NamedParameters;

  /// @param batch, steps of every call
  /// @return kInvalidArgument, kModel as core::readRecurrentParameters, kNoRoom,
  ///         kDeviceLost
  static core::Result<std::unique_ptr<Recurrent>> create(Device& device,
                                                         const RecurrentShape& shape,
                                                         const Parameters& parameters,
                                                         std::size_t batch, std::size_t steps);

  std::size_t inputSize() const noexcept { return inputSize_; }
  std::size_t outputSize() const noexcept { return outputSize_; }
  /// @param x   [batch, steps, inputSize]
  /// @param out [batch, steps, directions * hiddenSize]
  core::Status process(std::span<const float> x, std::span<float> out) {
    return program_->execute(x, out);
  }
  /// Back to zeros.
  core::Status resetState();
  Program& program() noexcept { return *program_; }

 private:
  Recurrent() = default;
  core::Result<Recording> record(const RecurrentShape& shape, const Parameters& parameters,
                                 std::size_t batch, std::size_t steps);

  Device* device_ = nullptr;  ///< the program keeps it
  std::size_t inputSize_ = 0;
  std::size_t outputSize_ = 0;
  std::vector<Binding> states_;
  std::unique_ptr<Program> program_;
};

}  // namespace stemwright::gpu
