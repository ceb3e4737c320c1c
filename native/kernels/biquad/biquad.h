#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// Signals are filtered side by side, this many or a multiple of it.
inline constexpr std::size_t kBiquadChannels = 16;

/// Second-order sections as trapezoidal state-variable filters, which keep their precision at low
/// frequencies in single precision and stay calm while their coefficients move.
/// Source: Simper, Linear Trapezoidal Integrated State Variable Filter, 2011.
struct BiquadKernels {
  /// Planes of `channels` coefficients each: a1, a2, a3, m0, m1, m2.
  static constexpr std::size_t kCoefficients = 6;
  /// Planes of state.
  static constexpr std::size_t kStates = 2;

  /// One section over `frames` interleaved frames of `channels`; out may be in.
  void (*run)(const float* coefficients, float* state, std::size_t channels, const float* in,
              float* out, std::size_t frames);
};

extern const BiquadKernels biquadScalar;
extern const BiquadKernels biquadSse41;
extern const BiquadKernels biquadAvx2;
extern const BiquadKernels biquadAvx512;
extern const BiquadKernels biquadNeon;

}  // namespace stemwright::kernels
