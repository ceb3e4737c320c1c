#include "gpu/recurrent.h"

#include <utility>

namespace stemwright::gpu {
namespace {

using core::Error;
using core::ErrorCode;

/// What one direction of one layer is made of.
struct Direction {
  Weight input;   ///< with all biases but that of a GRU's n inside of its reset product
  Weight hidden;  ///< without bias
  Binding resetBias;
};

core::Result<Direction> load(Device& device, const RecurrentShape& shape, std::size_t inputs,
                             const std::string& suffix, const Recurrent::Parameters& parameters) {
  const std::size_t units = shape.hiddenSize;
  const std::size_t rows = shape.gates() * units;
  const auto read = core::readRecurrentParameters(parameters, suffix, rows, inputs, units);
  STEMWRIGHT_TRY(read);
  const core::RecurrentParameters& weights = read.value();
  const std::size_t outside = shape.isGru ? 2 * units : rows;
  const auto transposed = [](std::span<const float> weight, std::size_t depth) {
    return [weight, depth](std::size_t k, std::size_t row) { return weight[row * depth + k]; };
  };
  auto inputWeight =
      uploadWeight(device, Storage::kFloat, inputs, rows, transposed(weights.input, inputs),
                   [&](std::size_t row) {
                     return weights.inputBias[row] + (row < outside ? weights.hiddenBias[row] : 0);
                   });
  STEMWRIGHT_TRY(inputWeight);
  auto hiddenWeight =
      uploadWeight(device, Storage::kFloat, units, rows, transposed(weights.hidden, units),
                   [](std::size_t) { return 0.0f; });
  STEMWRIGHT_TRY(hiddenWeight);
  const auto reset = std::span(weights.hiddenBias).subspan(outside);
  auto resetBias = uploadValues(device, reset, Storage::kFloat);
  STEMWRIGHT_TRY(resetBias);
  return Direction{std::move(inputWeight).value(), std::move(hiddenWeight).value(),
                   std::move(resetBias).value()};
}

core::Result<Binding> floats(Device& device, std::size_t count) {
  return uploadValues(device, std::vector<float>(count), Storage::kFloat);
}

}  // namespace

core::Result<Recording> Recurrent::record(const RecurrentShape& shape, const Parameters& parameters,
                                          std::size_t batch, std::size_t steps) {
  const Ops ops(*device_, Storage::kFloat);
  const std::size_t units = shape.hiddenSize;
  const std::size_t rows = batch * steps;
  const std::size_t width = shape.directions() * units;
  Binding x = Binding::input(rows * shape.inputSize * sizeof(float));
  std::size_t inputs = shape.inputSize;
  Recording recording;
  for (std::size_t layer = 0; layer < shape.layers; ++layer) {
    const bool isLast = layer + 1 == shape.layers;
    Binding y = Binding::output(rows * width * sizeof(float));
    if (!isLast) {
      auto between = floats(*device_, rows * width);
      STEMWRIGHT_TRY(between);
      y = std::move(between).value();
    }
    Recording both;
    for (std::size_t i = 0; i < shape.directions(); ++i) {
      const std::string name = "_l" + std::to_string(layer) + (i == 0 ? "" : "_reverse");
      auto direction = load(*device_, shape, inputs, name, parameters);
      STEMWRIGHT_TRY(direction);
      auto gates = floats(*device_, rows * shape.gates() * units);
      STEMWRIGHT_TRY(gates);
      auto hidden = floats(*device_, batch * units);
      STEMWRIGHT_TRY(hidden);
      auto cell = floats(*device_, shape.isGru ? 1 : batch * units);
      STEMWRIGHT_TRY(cell);
      RecurrentArgs args;
      args.steps = static_cast<std::uint32_t>(steps);
      args.units = static_cast<std::uint32_t>(units);
      args.weightStride = direction.value().hidden.stride;
      args.gateStride = static_cast<std::uint32_t>(shape.gates() * units);
      args.outStride = static_cast<std::uint32_t>(width);
      args.outOffset = static_cast<std::uint32_t>(i * units);
      args.backward = i == 1 ? 1 : 0;
      args.cell = shape.isGru ? RECURRENT_GRU : RECURRENT_LSTM;
      Recording one;
      one.add(ops.linear("projection" + name, x, direction.value().input, rows, Activation::kNone,
                         {}, {}, gates.value()));
      one.add(ops.recurrent("recurrent" + name, gates.value(), direction.value().hidden,
                            direction.value().resetBias, hidden.value(), cell.value(), y, batch,
                            args));
      both.addBoth(std::exchange(both, {}), std::move(one));
      states_.push_back(std::move(hidden).value());
      states_.push_back(std::move(cell).value());
    }
    recording.append(std::move(both));
    x = y;
    inputs = width;
  }
  return recording;
}

core::Result<std::unique_ptr<Recurrent>> Recurrent::create(Device& device,
                                                           const RecurrentShape& shape,
                                                           const Parameters& parameters,
                                                           std::size_t batch, std::size_t steps) {
  if (shape.inputSize == 0 || shape.hiddenSize == 0 || shape.layers == 0 || batch == 0 ||
      steps == 0 || shape.hiddenSize > RECURRENT_MOST_UNITS) {
    return Error{ErrorCode::kInvalidArgument, "a recurrent layer wants sizes, and at most " +
                                                  std::to_string(RECURRENT_MOST_UNITS) +
                                                  " units on the graphics processor"};
  }
  std::unique_ptr<Recurrent> made(new Recurrent);
  made->device_ = &device;
  made->inputSize_ = batch * steps * shape.inputSize;
  made->outputSize_ = batch * steps * shape.directions() * shape.hiddenSize;
  auto recording = made->record(shape, parameters, batch, steps);
  if (!recording.ok()) return recording.error();
  auto program =
      device.compile(recording.value(), {.inputBytes = made->inputSize_ * sizeof(float),
                                         .outputBytes = made->outputSize_ * sizeof(float),
                                         .slots = 1});
  if (!program.ok()) return program.error();
  made->program_ = std::move(program).value();
  return made;
}

core::Status Recurrent::resetState() {
  for (const Binding& state : states_) {
    const std::vector<std::byte> zeros(state.bytes);
    STEMWRIGHT_TRY(device_->upload(*state.buffer, state.offset, zeros));
  }
  return {};
}

}  // namespace stemwright::gpu
