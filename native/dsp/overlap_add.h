#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace stemwright::dsp {

/// Whether copies of the window, a hop apart, add up to a constant (COLA), within a share of it.
/// @param power 1: windowed once; 2: windowed before the transform and after it
bool addsUp(std::span<const float> window, std::size_t hop, int power = 1, double tolerance = 1e-5);

/// All hops that do so, ascending, up to half the window.
std::vector<std::size_t> compliantHops(std::span<const float> window, int power = 1);

}  // namespace stemwright::dsp
