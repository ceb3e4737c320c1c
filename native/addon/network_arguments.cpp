#include "addon/network_arguments.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "addon/errors.h"

namespace stemwright::addon {
namespace {

namespace nn = session::nn;

constexpr std::uint64_t kMostSize = std::uint64_t{1} << 24;

std::span<const float> optionalFloats(const Argument& given) {
  return given.isAbsent() ? std::span<const float>() : given.floats();
}

nn::WeightType readType(const Argument& precision) {
  if (precision.isAbsent()) return nn::WeightType::kFp32;
  const std::string name = precision.text();
  if (name == "bf16") return nn::WeightType::kBf16;
  if (name == "fp16") return nn::WeightType::kFp16;
  if (name != "fp32") precision.refuse("'fp32', 'bf16' or 'fp16'");
  return nn::WeightType::kFp32;
}

nn::LayerSpec readRecurrent(const Argument& layer, nn::RecurrentCell cell) {
  nn::RecurrentShape shape{cell, sizeOf(layer["inputSize"]), sizeOf(layer["hiddenSize"]),
                           static_cast<std::size_t>(layer["layers"].whole(64)),
                           layer["isBidirectional"].flag()};
  const Argument parameters = layer["parameters"];
  parameters.object();
  return nn::RecurrentSpec{
      shape,
      [parameters](const std::string& name) -> std::optional<std::span<const float>> {
        const Argument values = parameters[name.c_str()];
        if (values.isAbsent()) return std::nullopt;
        return values.floats();
      },
      readType(layer["precision"])};
}

nn::LayerSpec readLayer(const Argument& layer) {
  const std::string kind = layer["kind"].text();
  if (kind == "linear") {
    return nn::LinearSpec{sizeOf(layer["in"]), sizeOf(layer["out"]), layer["weight"].floats(),
                          optionalFloats(layer["bias"]), readType(layer["precision"])};
  }
  if (kind == "conv1d") {
    return nn::Conv1dSpec{sizeOf(layer["in"]),
                          sizeOf(layer["out"]),
                          sizeOf(layer["kernel"]),
                          sizeOf(layer["stride"]),
                          sizeOf(layer["dilation"]),
                          sizeOf(layer["padding"]),
                          layer["isCausal"].isAbsent() ? false : layer["isCausal"].flag(),
                          layer["weight"].floats(),
                          optionalFloats(layer["bias"]),
                          readType(layer["precision"])};
  }
  if (kind == "groupNorm") {
    return nn::GroupNormSpec{sizeOf(layer["groups"]), layer["weight"].floats(),
                             layer["bias"].floats(), readNorm(layer["algorithm"])};
  }
  if (kind == "lstm") return readRecurrent(layer, nn::RecurrentCell::kLstm);
  if (kind == "gru") return readRecurrent(layer, nn::RecurrentCell::kGru);
  constexpr std::array<const char*, 5> kActivations{"gelu", "glu", "relu", "sigmoid", "tanh"};
  const auto* const found = std::find(kActivations.begin(), kActivations.end(), kind);
  if (found == kActivations.end()) layer["kind"].refuse("a layer's kind");
  return nn::ActivationSpec{static_cast<nn::ActivationKind>(found - kActivations.begin())};
}

const std::array<std::pair<const char*, nn::JoinKind>, 3> kJoins{{
    {"add", nn::JoinKind::kAdd},
    {"multiply", nn::JoinKind::kMultiply},
    {"concatenate", nn::JoinKind::kConcatenate},
}};

}  // namespace

std::size_t sizeOf(const Argument& value) {
  return static_cast<std::size_t>(value.whole(kMostSize));
}

nn::NormAlgorithm readNorm(const Argument& algorithm) {
  const std::string name = algorithm.text();
  if (name == "standard") return nn::NormAlgorithm::kStandard;
  if (name == "kahan") return nn::NormAlgorithm::kKahan;
  if (name != "welford") algorithm.refuse("'standard', 'kahan' or 'welford'");
  return nn::NormAlgorithm::kWelford;
}

std::vector<nn::LayerSpec> readLayers(const Argument& layers) {
  std::vector<nn::LayerSpec> specs;
  for (const Argument& layer : layers.elements()) specs.push_back(readLayer(layer));
  return specs;
}

std::vector<nn::NodeSpec> readNodes(const Argument& nodes) {
  std::map<std::string, std::size_t> places{{"input", nn::NodeSpec::kInput}};
  std::vector<nn::NodeSpec> specs;
  for (const Argument& node : nodes.elements()) {
    nn::NodeSpec spec;
    spec.name = node["name"].text();
    for (const Argument& input : node["inputs"].elements()) {
      const auto place = places.find(input.text());
      if (place == places.end()) input.refuse("the name of a node before this one");
      spec.inputs.push_back(place->second);
    }
    const Argument operation = node["operation"];
    const std::string kind = operation["kind"].text();
    const auto* const join = std::find_if(kJoins.begin(), kJoins.end(),
                                          [&](const auto& each) { return kind == each.first; });
    if (join != kJoins.end()) {
      spec.operation = nn::JoinSpec{join->second};
    } else {
      spec.operation.emplace<nn::LayerSpec>(readLayer(operation));
    }
    if (!places.emplace(spec.name, specs.size()).second) node["name"].refuse("a name of its own");
    specs.push_back(std::move(spec));
  }
  return specs;
}

}  // namespace stemwright::addon
