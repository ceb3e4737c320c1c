#include "nn/recurrent.h"

#include <algorithm>
#include <utility>

namespace stemwright::nn {
namespace {

using kernels::WeightType;

/// From so many rows on, one matrix product for all inputs beats one vector product a step.
constexpr std::size_t kLeastProjectedRows = 4;

core::Error invalid(std::string message) {
  return {core::ErrorCode::kInvalidArgument, std::move(message)};
}

/// Where a packed column comes from: a row of PyTorch's weight, or nowhere (padding).
struct ColumnMap {
  std::size_t lanes, gates, units;

  std::size_t columns() const {
    const std::size_t vectors = (units + lanes - 1) / lanes * gates;
    return (vectors + 1) / 2 * 2 * lanes;  // whole panels
  }
  std::optional<std::size_t> row(std::size_t column) const {
    const std::size_t vector = column / lanes;
    const std::size_t unit = vector / gates * lanes + column % lanes;
    if (unit >= units) return std::nullopt;
    return vector % gates * units + unit;
  }
};

}  // namespace

core::Result<Recurrent> Recurrent::create(const RecurrentShape& shape, const Parameters& parameters,
                                          const kernels::Kernels& kernels,
                                          kernels::WeightType weights) {
  if (shape.inputSize == 0 || shape.hiddenSize == 0 || shape.layers == 0) {
    return invalid("recurrent layer: sizes and layers must be positive");
  }
  Recurrent result(shape, kernels, weights);
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    for (std::size_t i = 0; i < shape.directions(); ++i) {
      const std::string suffix = "_l" + std::to_string(layer) + (i == 0 ? "" : "_reverse");
      const std::size_t inputs =
          layer == 0 ? shape.inputSize : shape.directions() * shape.hiddenSize;
      STEMWRIGHT_TRY(result.load(result.directions_[layer * shape.directions() + i], inputs, suffix,
                                 parameters));
    }
  }
  return result;
}

Recurrent::Recurrent(const RecurrentShape& shape, const kernels::Kernels& kernels,
                     kernels::WeightType weights)
    : shape_(shape),
      kernels_(&kernels),
      weights_(weights),
      directions_(shape.layers * shape.directions()) {}

std::size_t Recurrent::columns() const noexcept {
  return ColumnMap{kernels_->gemm.lanes, gates(), shape_.hiddenSize}.columns();
}

core::Status Recurrent::load(Direction& direction, std::size_t inputs, const std::string& suffix,
                             const Parameters& parameters) const {
  const std::size_t units = shape_.hiddenSize;
  const std::size_t rows = gates() * units;
  const auto read = core::readRecurrentParameters(parameters, suffix, rows, inputs, units);
  STEMWRIGHT_TRY(read);
  const core::RecurrentParameters& weights = read.value();
  for (const auto& [name, values] :
       {std::pair{"weight_ih", weights.input}, std::pair{"weight_hh", weights.hidden}}) {
    if (!fits(values, weights_)) {
      return core::Error{core::ErrorCode::kModel, "recurrent layer: " + (name + suffix) +
                                                      " holds values too large for 16 bits"};
    }
  }

  // A GRU multiplies the recurrent part of its third gate, bias included, by the reset gate.
  const std::size_t outside = shape_.cell == RecurrentCell::kGru ? 2 * units : rows;
  const ColumnMap map{kernels_->gemm.lanes, gates(), units};
  kernels::GemmKernels layout = kernels_->gemm;
  layout.isBf16 = weights_ == WeightType::kBf16;
  layout.depthStep = layout.isBf16 ? 2 : 1;
  layout.hasNarrowPanels = !layout.isBf16;
  const auto pack = [&](std::span<const float> weight, std::size_t depth, auto&& bias) {
    PackedMatrix packed(
        layout, 1, depth, map.columns(), false,
        [&](std::size_t, std::size_t k, std::size_t column) {
          const auto row = map.row(column);
          return row ? weight[*row * depth + k] : 0.0f;
        },
        [&](std::size_t column) {
          const auto row = map.row(column);
          return row ? bias(*row) : 0.0f;
        });
    if (weights_ == WeightType::kFp16) packed.narrow(weights_);
    return packed;
  };
  direction.inputs = inputs;
  direction.input = pack(weights.input, inputs, [&](std::size_t row) {
    return weights.inputBias[row] + (row < outside ? weights.hiddenBias[row] : 0.0f);
  });
  direction.hidden = pack(weights.hidden, units, [](std::size_t) { return 0.0f; });
  direction.hiddenBias =
      core::AlignedBuffer<float>((units + map.lanes - 1) / map.lanes * map.lanes);
  direction.hiddenBias.zero();
  std::copy(weights.hiddenBias.begin() + static_cast<std::ptrdiff_t>(outside),
            weights.hiddenBias.end(), direction.hiddenBias.begin());
  return core::okStatus();
}

core::Status Recurrent::prepare(std::size_t batch, std::size_t steps) {
  if (batch == 0 || steps == 0) return invalid("recurrent layer: nothing to prepare for");
  maxSteps_ = steps;
  scratch_ = core::AlignedBuffer<float>(scratchSize(batch, steps));
  prepareState(batch);
  return core::okStatus();
}

core::Status Recurrent::prewarm(std::size_t steps) {
  STEMWRIGHT_TRY(prepare(1, steps));
  const std::vector<float> zeros(steps * shape_.inputSize);
  std::vector<float> out(steps * shape_.directions() * shape_.hiddenSize);
  STEMWRIGHT_TRY(process(zeros.data(), steps, out.data()));
  resetState();
  return core::okStatus();
}

void Recurrent::prepareState(std::size_t batch) {
  batch_ = batch;
  const std::size_t state = directions_.size() * batch * shape_.hiddenSize;
  hidden_ = core::AlignedBuffer<float>(state);
  cell_ = core::AlignedBuffer<float>(shape_.cell == RecurrentCell::kLstm ? state : 0);
  resetState();
}

/// The product of many rows knows no weights in 16 bits with inputs in float.
bool Recurrent::projects(std::size_t rows) const noexcept {
  return weights_ == WeightType::kFp32 && rows >= kLeastProjectedRows;
}

std::size_t Recurrent::projectionSize(std::size_t rows) const noexcept {
  return !projects(rows) ? 0 : core::paddedCount<float>(rows * columns());
}

std::size_t Recurrent::betweenSize(std::size_t rows, std::size_t index) const noexcept {
  const bool isNeeded = shape_.layers > index + 1;
  return isNeeded ? core::paddedCount<float>(rows * shape_.directions() * shape_.hiddenSize) : 0;
}

std::size_t Recurrent::scratchSize(std::size_t batch, std::size_t steps) const noexcept {
  const std::size_t rows = batch * steps;
  return projectionSize(rows) + betweenSize(rows, 0) + betweenSize(rows, 1);
}

std::size_t Recurrent::bytes() const noexcept {
  std::size_t sum = 0;
  for (const Direction& direction : directions_) {
    sum += direction.input.bytes() + direction.hidden.bytes() + direction.hiddenBias.bytes();
  }
  return sum;
}

void Recurrent::resetState() noexcept {
  hidden_.zero();
  cell_.zero();
}

core::Status Recurrent::process(const float* x, std::size_t steps, float* out) {
  if (steps == 0 || steps > maxSteps_) {
    return invalid("recurrent layer: " + std::to_string(steps) + " steps, prepared for 1 to " +
                   std::to_string(maxSteps_));
  }
  process(x, steps, out, scratch_.data());
  return core::okStatus();
}

void Recurrent::process(const float* x, std::size_t steps, float* out, float* scratch) {
  const std::size_t rows = batch_ * steps;
  float* const first = scratch + projectionSize(rows);
  float* const between[2] = {first, first + betweenSize(rows, 0)};
  for (std::size_t layer = 0; layer < shape_.layers; ++layer) {
    float* to = layer + 1 == shape_.layers ? out : between[layer % 2];
    for (std::size_t i = 0; i < shape_.directions(); ++i) {
      runDirection(layer, i == 1, x, steps, to, scratch);
    }
    x = to;
  }
  turns_ += steps;
}

void Recurrent::runDirection(std::size_t layer, bool backward, const float* x, std::size_t steps,
                             float* out, float* projection) {
  const std::size_t index = layer * shape_.directions() + (backward ? 1 : 0);
  const Direction& direction = directions_[index];
  const kernels::PackedGemm& input = direction.input.view();
  const std::size_t rows = batch_ * steps;
  const bool projected = projects(rows);
  if (projected) {
    const kernels::GemmTap tap{x, 0};
    kernels_->gemm.run({.taps = &tap,
                        .tapCount = 1,
                        .rowStride = direction.inputs,
                        .rows = rows,
                        .weights = &input,
                        .out = projection,
                        .outStride = columns()});
  }
  const std::size_t units = shape_.hiddenSize;
  const std::size_t stride = shape_.directions() * units;
  const auto run =
      shape_.cell == RecurrentCell::kLstm ? kernels_->recurrent.lstm : kernels_->recurrent.gru;
  for (std::size_t item = 0; item < batch_; ++item) {
    const std::size_t state = (index * batch_ + item) * units;
    const float* hidden = hidden_.data() + state;
    for (std::size_t i = 0; i < steps; ++i) {
      const std::size_t row = item * steps + (backward ? steps - 1 - i : i);
      float* to = out + row * stride + (backward ? units : 0);
      run({.input = projected ? nullptr : x + row * direction.inputs,
           .inputs = direction.inputs,
           .inputPanels = direction.input.stored(),
           .hidden = hidden,
           .units = units,
           .hiddenPanels = direction.hidden.stored(),
           .gates = projected ? projection + row * columns() : input.bias,
           .hiddenBias = direction.hiddenBias.data(),
           .cell = cell_.empty() ? nullptr : cell_.data() + state,
           .out = to,
           .weights = weights_,
           .isTurned = (turns_ + i) % 2 != 0});
      hidden = to;
    }
    std::copy_n(hidden, units, hidden_.data() + state);
  }
}

}  // namespace stemwright::nn
