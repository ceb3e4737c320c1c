#pragma once

#include <cstddef>
#include <cstdint>

namespace stemwright::kernels {

/// Kernels that touch each element once. Any length; pointers need no alignment; out may be x.
struct ElementwiseKernels {
  /// out[i] = gelu(x[i]), exact
  void (*gelu)(const float* x, float* out, std::size_t count);
  /// out[i] = value[i] * sigmoid(gate[i])
  void (*glu)(const float* value, const float* gate, float* out, std::size_t count);
  void (*sigmoid)(const float* x, float* out, std::size_t count);
  void (*tanh)(const float* x, float* out, std::size_t count);
  /// out[i] = x[i] + y[i]
  void (*add)(const float* x, const float* y, float* out, std::size_t count);
  /// out[i] = x[i] * y[i]
  void (*multiply)(const float* x, const float* y, float* out, std::size_t count);
  /// out[i] = x[i] * gain + offset
  void (*scaleOffset)(const float* x, float gain, float offset, float* out, std::size_t count);
  /// out[i] += x[i] * weight[i]
  void (*multiplyAdd)(const float* x, const float* weight, float* out, std::size_t count);
  /// out[i] += a[i] * b[i] for count complex numbers, interleaved re, im
  void (*complexMultiplyAdd)(const float* a, const float* b, float* out, std::size_t count);
  /// Weights in 16 bits to floats. @param count a multiple of 16
  void (*widenBf16)(const std::uint16_t* x, float* out, std::size_t count);
  /// The same of finite IEEE 754 halves.
  void (*widenFp16)(const std::uint16_t* x, float* out, std::size_t count);
  /// out[c, r] = x[r, c]
  void (*transpose)(const float* x, std::size_t xStride, float* out, std::size_t outStride,
                    std::size_t rows, std::size_t cols);
};

extern const ElementwiseKernels elementwiseScalar;
extern const ElementwiseKernels elementwiseSse41;
extern const ElementwiseKernels elementwiseAvx2;
extern const ElementwiseKernels elementwiseAvx512;
extern const ElementwiseKernels elementwiseNeon;

}  // namespace stemwright::kernels
