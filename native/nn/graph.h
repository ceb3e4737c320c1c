#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "nn/network.h"

namespace stemwright::nn {

/// Several sequences of as many steps to one: sums, products, or their channels side by side.
enum class JoinKind { kAdd, kMultiply, kConcatenate };

struct JoinSpec {
  JoinKind kind = JoinKind::kAdd;
};

/// A node of a network that need not be a chain: a layer with one input, or a join of two and more.
struct NodeSpec {
  /// In `inputs`: the input of the network.
  static constexpr std::size_t kInput = static_cast<std::size_t>(-1);

  std::string name;  ///< what messages call it
  std::variant<LayerSpec, JoinSpec> operation;
  std::vector<std::size_t> inputs;  ///< places of earlier nodes, so that there can be no cycle
};

}  // namespace stemwright::nn
