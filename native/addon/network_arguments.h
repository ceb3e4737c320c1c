#pragma once

#include <vector>

#include "addon/arguments.h"
#include "session/systems.h"

namespace stemwright::addon {

/// A size of a layer.
std::size_t sizeOf(const Argument& value);

session::nn::NormAlgorithm readNorm(const Argument& algorithm);

/// As electron/contract/network.ts has them. Specs refer to the arguments' memory: build at once.
std::vector<session::nn::LayerSpec> readLayers(const Argument& layers);
std::vector<session::nn::NodeSpec> readNodes(const Argument& nodes);

}  // namespace stemwright::addon
