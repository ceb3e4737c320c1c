#pragma once

#include <array>
#include <cstddef>

namespace stemwright::nn {

/// One of the points that the taps of Winograd's F(4, 2) or F(4, 3) become.
/// @param tapAt double(tap)
template <typename TapAt>
float linePoint(std::size_t taps, std::size_t point, TapAt&& tapAt) {
  using Row = std::array<double, 3>;
  constexpr std::array<Row, 5> kTwoTaps{{{1.0 / 2, 0, 0},
                                         {-1.0 / 2, -1.0 / 2, 0},
                                         {-1.0 / 6, 1.0 / 6, 0},
                                         {1.0 / 6, 1.0 / 3, 0},
                                         {0, 1, 0}}};
  constexpr std::array<Row, 6> kThreeTaps{{{1.0 / 4, 0, 0},
                                           {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                           {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                           {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                           {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                           {0, 0, 1}}};
  const Row& row = taps == 2 ? kTwoTaps[point] : kThreeTaps[point];
  double sum = 0;
  for (std::size_t tap = 0; tap < taps; ++tap) sum += row[tap] * tapAt(tap);
  return static_cast<float>(sum);
}

}  // namespace stemwright::nn
