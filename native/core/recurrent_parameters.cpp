#include "core/recurrent_parameters.h"

#include <algorithm>
#include <cmath>

namespace stemwright::core {
namespace {

Error unfit(const std::string& what) {
  return {ErrorCode::kModel, "recurrent layer: " + what};
}

Result<std::span<const float>> fetch(const NamedParameters& parameters, const std::string& name,
                                     std::size_t count) {
  const auto values = parameters(name);
  if (!values) return unfit("no parameter " + name);
  if (values->size() != count) {
    return unfit(name + " has " + std::to_string(values->size()) + " values, not " +
                 std::to_string(count));
  }
  if (!std::all_of(values->begin(), values->end(), [](float v) { return std::isfinite(v); })) {
    return unfit(name + " holds values that are no numbers");
  }
  return *values;
}

}  // namespace

Result<RecurrentParameters> readRecurrentParameters(const NamedParameters& parameters,
                                                    const std::string& suffix, std::size_t rows,
                                                    std::size_t inputs, std::size_t units) {
  const auto input = fetch(parameters, "weight_ih" + suffix, rows * inputs);
  STEMWRIGHT_TRY(input);
  const auto hidden = fetch(parameters, "weight_hh" + suffix, rows * units);
  STEMWRIGHT_TRY(hidden);
  RecurrentParameters read{input.value(), hidden.value(), std::vector<float>(rows),
                           std::vector<float>(rows)};
  // Biases may be absent altogether, not one of the two.
  if (parameters("bias_ih" + suffix) || parameters("bias_hh" + suffix)) {
    const auto first = fetch(parameters, "bias_ih" + suffix, rows);
    STEMWRIGHT_TRY(first);
    const auto second = fetch(parameters, "bias_hh" + suffix, rows);
    STEMWRIGHT_TRY(second);
    read.inputBias.assign(first.value().begin(), first.value().end());
    read.hiddenBias.assign(second.value().begin(), second.value().end());
  }
  return read;
}

}  // namespace stemwright::core
