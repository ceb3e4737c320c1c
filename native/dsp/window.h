#pragma once

#include <cmath>
#include <cstddef>
#include <initializer_list>
#include <numbers>
#include <vector>

namespace stemwright::dsp {

/// Periodic windows are one period of a sequence, for spectral analysis and overlap-add (PyTorch's
/// default); symmetric ones end as they begin, for filter design.
enum class WindowSymmetry { kPeriodic, kSymmetric };

/// a0 - a1 cos(t) + a2 cos(2t) - ..., t from 0 to 2 pi; computed in double precision.
inline std::vector<float> cosineWindow(std::size_t size, WindowSymmetry symmetry,
                                       std::initializer_list<double> coefficients) {
  std::vector<float> window(size, 1.0f);
  if (size < 2) return window;
  const auto period = static_cast<double>(symmetry == WindowSymmetry::kPeriodic ? size : size - 1);
  for (std::size_t i = 0; i < size; ++i) {
    const double angle = 2 * std::numbers::pi * static_cast<double>(i) / period;
    double value = 0;
    double harmonic = 0;
    double sign = 1;
    for (double coefficient : coefficients) {
      value += sign * coefficient * std::cos(harmonic * angle);
      harmonic += 1;
      sign = -sign;
    }
    window[i] = static_cast<float>(value);
  }
  return window;
}

inline std::vector<float> hannWindow(std::size_t size,
                                     WindowSymmetry symmetry = WindowSymmetry::kPeriodic) {
  return cosineWindow(size, symmetry, {0.5, 0.5});
}

inline std::vector<float> hammingWindow(std::size_t size,
                                        WindowSymmetry symmetry = WindowSymmetry::kPeriodic) {
  return cosineWindow(size, symmetry, {0.54, 0.46});
}

inline std::vector<float> blackmanWindow(std::size_t size,
                                         WindowSymmetry symmetry = WindowSymmetry::kPeriodic) {
  return cosineWindow(size, symmetry, {0.42, 0.5, 0.08});
}

}  // namespace stemwright::dsp
