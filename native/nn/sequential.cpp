#include "nn/sequential.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace stemwright::nn {

core::Result<BufferPlan> planBuffers(std::span<const std::unique_ptr<Layer>> layers,
                                     SequenceShape input) {
  BufferPlan plan;
  std::size_t current = 1;  // the input is the caller's: the first layer writes buffer 0
  bool isInputCallers = true;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const Layer& layer = *layers[i];
    const auto output = layer.outputFor(input);
    if (!output) {
      return core::Error{output.error().code,
                         "layer " + std::to_string(i) + ": " + output.error().message};
    }
    plan.scratch = std::max(plan.scratch, layer.scratchFor(input));
    if (isInputCallers || !layer.worksInPlace()) current = 1 - current;
    isInputCallers = false;
    input = output.value();
    plan.outputs.push_back(input);
    plan.buffers.push_back(current);
    plan.sizes[current] = std::max(plan.sizes[current], input.size());
  }
  return plan;
}

core::Result<Sequential> Sequential::create(std::span<const LayerSpec> specs,
                                            const kernels::Kernels& kernels) {
  if (specs.empty()) {
    return core::Error{core::ErrorCode::kInvalidArgument, "a network needs a layer"};
  }
  std::vector<std::unique_ptr<Layer>> layers;
  for (const LayerSpec& spec : specs) {
    auto layer = makeLayer(spec, kernels::Activation::kNone, kernels);
    if (!layer) {
      return core::Error{layer.error().code,
                         "layer " + std::to_string(layers.size()) + ": " + layer.error().message};
    }
    layers.push_back(std::move(layer).value());
  }
  return Sequential(std::move(layers));
}

core::Status Sequential::build(SequenceShape input) {
  auto plan = planBuffers(layers_, input);
  STEMWRIGHT_TRY(plan);
  plan_ = std::move(plan).value();
  input_ = input;
  for (std::size_t i = 0; i < 2; ++i) buffers_[i] = core::AlignedBuffer<float>(plan_.sizes[i]);
  scratch_ = core::AlignedBuffer<float>(plan_.scratch);
  resetState();
  return core::okStatus();
}

std::string Sequential::bufferStats() const {
  if (plan_.outputs.empty()) return "";
  const auto add = [](double sum, const SequenceShape& shape) {
    return sum + static_cast<double>(shape.size());
  };
  const double separate = std::accumulate(plan_.outputs.begin(), plan_.outputs.end(), 0.0, add);
  const double shared = static_cast<double>(plan_.sizes[0] + plan_.sizes[1]);
  const auto count = [](std::size_t number, const std::string& what) {
    return std::to_string(number) + " " + what + (number == 1 ? "" : "s");
  };
  const long saved = std::lround(100 * (1 - shared / separate));
  return count(layers_.size(), "layer") + ", " + count(plan_.bufferCount(), "buffer") + " (" +
         std::to_string(saved) + "% memory saved)";
}

core::Result<std::span<const float>> Sequential::forward(const float* x, std::size_t steps,
                                                         core::ThreadPool& pool) {
  if (plan_.outputs.empty() || steps == 0 || steps > input_.steps) {
    return core::Error{core::ErrorCode::kInvalidArgument, "network: " + std::to_string(steps) +
                                                              " steps, built for 1 to " +
                                                              std::to_string(input_.steps)};
  }
  SequenceShape shape{steps, input_.channels};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    float* out = buffers_[plan_.buffers[i]].data();
    const auto next = layers_[i]->outputFor(shape);
    STEMWRIGHT_TRY(next);
    layers_[i]->process(x, shape, out, scratch_.data(), pool);
    shape = next.value();
    x = out;
  }
  return std::span<const float>(x, shape.size());
}

void Sequential::resetState() noexcept {
  for (const auto& layer : layers_) layer->resetState();
}

std::size_t Sequential::weightBytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& layer : layers_) sum += layer->weightBytes();
  return sum;
}

std::size_t Sequential::workspaceBytes() const noexcept {
  return buffers_[0].bytes() + buffers_[1].bytes() + scratch_.bytes();
}

}  // namespace stemwright::nn
