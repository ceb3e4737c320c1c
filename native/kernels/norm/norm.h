#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// Count, mean and sum of squared deviations of a set of numbers.
struct Moments {
  double count = 0;
  double mean = 0;
  double m2 = 0;
};

/// Normalisation of rows [rows, cols] in which one group's statistics apply to all of cols.
struct NormCall {
  const float* x;
  std::size_t xStride;
  float* out;
  std::size_t outStride;
  std::size_t rows;
  std::size_t cols;  ///< columns written; with glu x has twice as many
  double mean;
  double inverseStd;
  const float* weight;  ///< [columns of x]
  const float* bias;    ///< [columns of x]
};

struct NormKernels {
  /// Moments of x[rows, cols]: blocks are summed in float about their own first element and
  /// merged in double (Chan, Golub & LeVeque 1979), so a large mean costs no precision.
  Moments (*moments)(const float* x, std::size_t stride, std::size_t rows, std::size_t cols);
  /// out = (x - mean) * inverseStd * weight + bias; out may be x
  void (*apply)(const NormCall& call);
  /// out = gelu of the above; out may be x
  void (*applyGelu)(const NormCall& call);
  /// out += scale[c] * value * sigmoid(gate): value from columns [0, cols), gate [cols, 2 cols)
  void (*applyGluAdd)(const NormCall& call, const float* scale);
  /// Each row normalised by its own moments; epsilon is added to the variance; out may be x
  void (*layerNorm)(const NormCall& call, float epsilon);
};

extern const NormKernels normScalar;
extern const NormKernels normSse41;
extern const NormKernels normAvx2;
extern const NormKernels normAvx512;
extern const NormKernels normNeon;

/// Moments of the union of two sets.
Moments merge(const Moments& a, const Moments& b);

}  // namespace stemwright::kernels
