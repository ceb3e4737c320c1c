#include "nn/compiled_network.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace stemwright::nn {

core::Result<CompiledNetwork> CompiledNetwork::compile(std::span<const LayerSpec> specs,
                                                       SequenceShape longest,
                                                       const Options& options,
                                                       const kernels::Kernels& kernels) {
  if (specs.empty() || longest.steps == 0 || options.threads == 0) {
    return core::Error{core::ErrorCode::kInvalidArgument,
                       "a network needs a layer, a step and a thread"};
  }
  auto layers = makeLayers(specs, true, kernels);
  STEMWRIGHT_TRY(layers);
  auto plan = planBuffers(layers.value(), longest);
  STEMWRIGHT_TRY(plan);
  return CompiledNetwork(std::move(layers).value(), longest, std::move(plan).value(),
                         options.threads);
}

CompiledNetwork::CompiledNetwork(std::vector<std::unique_ptr<Layer>> layers, SequenceShape input,
                                 BufferPlan plan, unsigned threads)
    : layers_(std::move(layers)),
      input_(input),
      plan_(std::move(plan)),
      claim_(core::MemoryOwner::kNetworks, 0),
      pool_(std::make_unique<core::ThreadPool>(threads)) {
  // The last layer writes where the caller says.
  plan_.sizes[0] = plan_.sizes[1] = 0;
  for (std::size_t i = 0; i + 1 < layers_.size(); ++i) {
    std::size_t& size = plan_.sizes[plan_.buffers[i]];
    size = std::max(size, core::paddedCount<float>(plan_.outputs[i].size()));
  }
  allocate();
}

void CompiledNetwork::allocate() {
  arena_ = core::AlignedBuffer<float>(plan_.sizes[0] + plan_.sizes[1] + plan_.scratch);
  claim_.resize(weightBytes() + arena_.bytes());
}

core::Result<SequenceShape> CompiledNetwork::outputFor(std::size_t steps) const {
  if (steps == 0 || steps > input_.steps) {
    return core::Error{core::ErrorCode::kInvalidArgument, "network: " + std::to_string(steps) +
                                                              " steps, compiled for 1 to " +
                                                              std::to_string(input_.steps)};
  }
  SequenceShape shape{steps, input_.channels};
  for (const auto& layer : layers_) {
    const auto next = layer->outputFor(shape);
    STEMWRIGHT_TRY(next);
    shape = next.value();
  }
  return shape;
}

std::size_t CompiledNetwork::weightBytes() const noexcept {
  std::size_t sum = 0;
  for (const auto& layer : layers_) sum += layer->weightBytes();
  return sum;
}

core::Status CompiledNetwork::predict(const float* x, std::size_t steps, float* out) {
  const auto output = outputFor(steps);
  STEMWRIGHT_TRY(output);
  if (arena_.empty()) allocate();
  float* const buffers[2] = {arena_.data(), arena_.data() + plan_.sizes[0]};
  float* const scratch = buffers[1] + plan_.sizes[1];
  SequenceShape shape{steps, input_.channels};
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    float* const to = i + 1 == layers_.size() ? out : buffers[plan_.buffers[i]];
    const SequenceShape next = layers_[i]->outputFor(shape).value();
    layers_[i]->process(x, shape, to, scratch, *pool_);
    shape = next;
    x = to;
  }
  return core::okStatus();
}

void CompiledNetwork::prewarm() {
  const std::vector<float> zeros(input_.size());
  std::vector<float> out(plan_.outputs.back().size());
  static_cast<void>(predict(zeros.data(), input_.steps, out.data()));
  resetState();
}

void CompiledNetwork::resetState() noexcept {
  for (const auto& layer : layers_) layer->resetState();
}

bool CompiledNetwork::handlePressure(PressureLevel level) {
  const bool release = delegate_ ? delegate_(level) : level == PressureLevel::kCritical;
  if (release) {
    arena_ = {};
    claim_.resize(weightBytes());
  }
  return release;
}

}  // namespace stemwright::nn
