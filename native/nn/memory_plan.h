#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace stemwright::nn {

/// A value of `size` floats that is written at one step and read for the last time at another.
struct Lifetime {
  std::size_t size = 0;
  std::size_t first = 0;
  std::size_t last = 0;
};

/// Where values lie in one arena.
struct MemoryPlan {
  std::vector<std::size_t> offsets;  ///< floats, on cache lines
  std::size_t size = 0;              ///< floats
};

/// No two values that live at the same step overlap. The largest are placed first, each as low as
/// it fits.
MemoryPlan planMemory(std::span<const Lifetime> values);

}  // namespace stemwright::nn
