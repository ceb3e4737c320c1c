#include "dsp/overlap_add.h"

#include <algorithm>
#include <cmath>

namespace stemwright::dsp {

bool addsUp(std::span<const float> window, std::size_t hop, int power, double tolerance) {
  if (hop == 0 || hop > window.size()) return false;
  double least = 0;
  double most = 0;
  for (std::size_t offset = 0; offset < hop; ++offset) {
    double sum = 0;
    for (std::size_t i = offset; i < window.size(); i += hop) {
      const auto value = static_cast<double>(window[i]);
      sum += power == 2 ? value * value : value;
    }
    least = offset == 0 ? sum : std::min(least, sum);
    most = offset == 0 ? sum : std::max(most, sum);
  }
  return most > 0 && most - least <= tolerance * most;
}

std::vector<std::size_t> compliantHops(std::span<const float> window, int power) {
  std::vector<std::size_t> hops;
  for (std::size_t hop = 1; hop <= window.size() / 2; ++hop) {
    if (addsUp(window, hop, power)) hops.push_back(hop);
  }
  return hops;
}

}  // namespace stemwright::dsp
