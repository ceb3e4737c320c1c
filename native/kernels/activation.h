#pragma once

#include <cstdint>

namespace stemwright::kernels {

enum class Activation : std::uint8_t {
  kNone,
  kGelu,  ///< exact, with erf
  kGlu,   ///< value * sigmoid(gate); the weights must be packed with glu
};

}  // namespace stemwright::kernels
