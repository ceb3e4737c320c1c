#include "nn/compiled_network.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace stemwright::nn {
namespace {

core::Error invalid(std::string message) {
  return {core::ErrorCode::kInvalidArgument, std::move(message)};
}

std::string text(SequenceShape shape) {
  return std::to_string(shape.steps) + " x " + std::to_string(shape.channels);
}

std::vector<NodeSpec> asNodes(std::span<const LayerSpec> layers) {
  std::vector<NodeSpec> nodes;
  for (const LayerSpec& layer : layers) {
    const std::size_t place = nodes.size();
    NodeSpec& node = nodes.emplace_back();
    node.name = "layer " + std::to_string(place);
    node.operation.emplace<LayerSpec>(layer);
    node.inputs = {place == 0 ? NodeSpec::kInput : place - 1};
  }
  return nodes;
}

core::Status checkInputs(const NodeSpec& node, std::size_t place) {
  const bool isJoin = std::holds_alternative<JoinSpec>(node.operation);
  if (isJoin ? node.inputs.size() < 2 : node.inputs.size() != 1) {
    return invalid(
        node.name +
        (isJoin ? ": a join takes two inputs and more, not " : ": a layer takes one input, not ") +
        std::to_string(node.inputs.size()));
  }
  const bool areEarlier =
      std::all_of(node.inputs.begin(), node.inputs.end(),
                  [&](std::size_t input) { return input == NodeSpec::kInput || input < place; });
  return areEarlier ? core::okStatus() : invalid(node.name + ": takes what comes after it");
}

/// Every result but the last must be taken by somebody.
core::Status checkReaders(std::span<const NodeSpec> nodes) {
  std::vector<bool> isRead(nodes.size(), false);
  isRead.back() = true;
  for (const NodeSpec& node : nodes) {
    for (const std::size_t input : node.inputs) {
      if (input != NodeSpec::kInput) isRead[input] = true;
    }
  }
  const auto unread = std::find(isRead.begin(), isRead.end(), false);
  if (unread == isRead.end()) return core::okStatus();
  const auto place = static_cast<std::size_t>(unread - isRead.begin());
  return invalid(nodes[place].name + ": nothing takes its result");
}

/// The node that alone takes what `place` gives, where it can become part of it.
std::optional<std::size_t> onlyReader(std::span<const NodeSpec> nodes, std::size_t place) {
  std::optional<std::size_t> reader;
  for (std::size_t i = place + 1; i < nodes.size(); ++i) {
    const auto& inputs = nodes[i].inputs;
    const auto reads = std::count(inputs.begin(), inputs.end(), place);
    if (reads == 0) continue;
    if (reader || reads > 1) return std::nullopt;
    reader = i;
  }
  return reader;
}

}  // namespace

core::Result<CompiledNetwork> CompiledNetwork::compile(std::span<const LayerSpec> layers,
                                                       SequenceShape longest,
                                                       const Options& options,
                                                       const kernels::Kernels& kernels) {
  return compile(asNodes(layers), longest, options, kernels);
}

core::Result<CompiledNetwork> CompiledNetwork::compile(std::span<const NodeSpec> nodes,
                                                       SequenceShape longest,
                                                       const Options& options,
                                                       const kernels::Kernels& kernels) {
  if (nodes.empty() || longest.steps == 0 || options.threads == 0) {
    return invalid("a network needs a layer, a step and a thread");
  }
  for (std::size_t i = 0; i < nodes.size(); ++i) STEMWRIGHT_TRY(checkInputs(nodes[i], i));
  STEMWRIGHT_TRY(checkReaders(nodes));
  auto steps = makeSteps(nodes, kernels);
  STEMWRIGHT_TRY(steps);
  CompiledNetwork network(std::move(steps).value(), longest, kernels, options.threads);
  STEMWRIGHT_TRY(network.findShapes(longest.steps, network.shapes_));
  network.plan();
  network.allocate();
  return network;
}

/// Joins and layers in order; an activation that a layer takes into its store is no step.
core::Result<std::vector<CompiledNetwork::Step>> CompiledNetwork::makeSteps(
    std::span<const NodeSpec> nodes, const kernels::Kernels& kernels) {
  std::vector<Step> steps;
  std::vector<std::size_t> values(nodes.size(), 0);  // where each node's result is
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeSpec& node = nodes[i];
    if (values[i] != 0) continue;  // fused
    Step step;
    step.name = node.name;
    for (const std::size_t input : node.inputs) {
      step.inputs.push_back(input == NodeSpec::kInput ? 0 : values[input]);
    }
    values[i] = steps.size() + 1;
    if (const auto* join = std::get_if<JoinSpec>(&node.operation)) {
      step.join = join->kind;
    } else {
      const auto& spec = std::get<LayerSpec>(node.operation);
      const auto reader = onlyReader(nodes, i);
      const auto* next = reader ? std::get_if<LayerSpec>(&nodes[*reader].operation) : nullptr;
      const kernels::Activation activation = fusedInto(spec, next);
      if (activation != kernels::Activation::kNone) values[*reader] = values[i];
      auto layer = makeLayer(spec, activation, kernels);
      if (!layer) return core::Error{layer.error().code, node.name + ": " + layer.error().message};
      step.layer = std::move(layer).value();
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

CompiledNetwork::CompiledNetwork(std::vector<Step> steps, SequenceShape input,
                                 const kernels::Kernels& kernels, unsigned threads)
    : steps_(std::move(steps)),
      kernels_(&kernels),
      shapes_(steps_.size() + 1, input),
      now_(shapes_),
      values_(shapes_.size()),
      claim_(core::MemoryOwner::kNetworks, 0),
      pool_(std::make_unique<core::ThreadPool>(threads)) {}

core::Result<SequenceShape> CompiledNetwork::Step::outputFor(
    std::span<const SequenceShape> shapes) const {
  if (layer) return layer->outputFor(shapes[inputs[0]]);
  SequenceShape result = shapes[inputs[0]];
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    const SequenceShape& next = shapes[inputs[i]];
    const bool fits = join == JoinKind::kConcatenate ? next.steps == result.steps : next == result;
    if (!fits) return invalid("inputs of " + text(result) + " and " + text(next) + " do not fit");
    if (join == JoinKind::kConcatenate) result.channels += next.channels;
  }
  return result;
}

core::Status CompiledNetwork::findShapes(std::size_t steps, std::span<SequenceShape> shapes) const {
  shapes[0] = {steps, shapes_[0].channels};
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const auto output = steps_[i].outputFor(shapes);
    if (!output) {
      return core::Error{output.error().code, steps_[i].name + ": " + output.error().message};
    }
    shapes[i + 1] = output.value();
  }
  return core::okStatus();
}

/// Finds a place for what each step writes; the last one writes where the caller says.
void CompiledNetwork::plan() {
  std::vector<std::size_t> lastReader(shapes_.size(), 0);
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    for (const std::size_t input : steps_[i].inputs) lastReader[input] = i;
  }
  std::vector<Lifetime> places;
  std::vector<std::size_t> placeOf(shapes_.size(), 0);
  std::size_t scratch = 0;
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
    const Step& step = steps_[i];
    const std::size_t value = i + 1;
    const std::size_t from = step.inputs[0];
    const bool isInPlace =
        step.layer && step.layer->worksInPlace() && from != 0 && lastReader[from] == i;
    if (!isInPlace) places.push_back({0, i, i});
    placeOf[value] = isInPlace ? placeOf[from] : places.size() - 1;
    Lifetime& place = places[placeOf[value]];
    place.size = std::max(place.size, shapes_[value].size());
    place.last = std::max(i, lastReader[value]);
  }
  for (const Step& step : steps_) {
    if (step.layer) {
      scratch = std::max(scratch, step.layer->scratchFor(shapes_[step.inputs[0]]));
    }
  }
  const MemoryPlan memory = planMemory(places);
  for (std::size_t i = 0; i + 1 < steps_.size(); ++i) {
    offsets_.push_back(memory.offsets[placeOf[i + 1]]);
  }
  scratchOffset_ = memory.size;
  arenaSize_ = memory.size + scratch;
}

void CompiledNetwork::allocate() {
  arena_ = core::AlignedBuffer<float>(arenaSize_);
  claim_.resize(weightBytes() + arena_.bytes());
}

core::Status CompiledNetwork::checkSteps(std::size_t steps) const {
  if (steps != 0 && steps <= input().steps) return core::okStatus();
  return invalid("network: " + std::to_string(steps) + " steps, compiled for 1 to " +
                 std::to_string(input().steps));
}

core::Result<SequenceShape> CompiledNetwork::outputFor(std::size_t steps) const {
  STEMWRIGHT_TRY(checkSteps(steps));
  std::vector<SequenceShape> shapes(shapes_.size());
  STEMWRIGHT_TRY(findShapes(steps, shapes));
  return shapes.back();
}

std::size_t CompiledNetwork::weightBytes() const noexcept {
  std::size_t sum = 0;
  for (const Step& step : steps_) sum += step.layer ? step.layer->weightBytes() : 0;
  return sum;
}

void CompiledNetwork::join(const Step& step, float* out) const {
  if (step.join == JoinKind::kConcatenate) {
    std::size_t stride = 0;
    for (const std::size_t input : step.inputs) stride += now_[input].channels;
    for (const std::size_t input : step.inputs) {
      const std::size_t channels = now_[input].channels;
      for (std::size_t row = 0; row < now_[input].steps; ++row) {
        std::copy_n(values_[input] + row * channels, channels, out + row * stride);
      }
      out += channels;
    }
    return;
  }
  const auto& k = kernels_->elementwise;
  const auto combine = step.join == JoinKind::kAdd ? k.add : k.multiply;
  const std::size_t count = now_[step.inputs[0]].size();
  const float* sum = values_[step.inputs[0]];
  for (std::size_t i = 1; i < step.inputs.size(); ++i, sum = out) {
    combine(sum, values_[step.inputs[i]], out, count);
  }
}

core::Status CompiledNetwork::predict(const float* x, std::size_t steps, float* out) {
  STEMWRIGHT_TRY(checkSteps(steps));
  STEMWRIGHT_TRY(findShapes(steps, now_));
  if (arena_.size() != arenaSize_) allocate();
  values_[0] = x;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    float* const to = i + 1 == steps_.size() ? out : arena_.data() + offsets_[i];
    if (step.layer) {
      const std::size_t from = step.inputs[0];
      step.layer->process(values_[from], now_[from], to, arena_.data() + scratchOffset_, *pool_);
    } else {
      join(step, to);
    }
    values_[i + 1] = to;
  }
  return core::okStatus();
}

void CompiledNetwork::resetState() noexcept {
  for (const Step& step : steps_) {
    if (step.layer) step.layer->resetState();
  }
}

void CompiledNetwork::releaseWorkspace() noexcept {
  arena_ = {};
  claim_.resize(weightBytes());
}

}  // namespace stemwright::nn
