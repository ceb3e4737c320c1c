#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/result.h"

namespace stemwright::core {

/// Values of a parameter such as "weight_ih_l0", "bias_hh_l1_reverse"; nothing if there is none.
using NamedParameters = std::function<std::optional<std::span<const float>>(const std::string&)>;

/// Of one direction of one layer of torch.nn.LSTM or torch.nn.GRU, with PyTorch's order of gates.
struct RecurrentParameters {
  std::span<const float> input;   ///< [rows, inputs], the caller's
  std::span<const float> hidden;  ///< [rows, units], the caller's
  std::vector<float> inputBias;   ///< [rows]; zeros where the layer has no biases
  std::vector<float> hiddenBias;  ///< [rows]
};

/// @param suffix of the names, such as "_l0" or "_l1_reverse"
/// @param rows   gates times units
/// @return kModel naming a parameter that is missing, ill-sized or holds values that are no numbers
Result<RecurrentParameters> readRecurrentParameters(const NamedParameters& parameters,
                                                    const std::string& suffix, std::size_t rows,
                                                    std::size_t inputs, std::size_t units);

}  // namespace stemwright::core
