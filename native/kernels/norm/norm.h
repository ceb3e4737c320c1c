#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// Count, mean and sum of squared deviations of a set of numbers.
struct Moments {
  double count = 0;
  double mean = 0;
  double m2 = 0;
};

/// How the moments of a group are summed. Measured errors: native/tests/kernels, cost: `bench`.
enum class NormAlgorithm {
  kStandard,  ///< sum and sum of squares in one pass of plain floats: a large mean ruins it
  kKahan,     ///< deviations from the first element, sums compensated (Kahan 1965)
  kWelford,   ///< running moments, a block at a time (Welford 1962; Chan, Golub & LeVeque 1979)
};

/// Normalisation of rows [rows, cols] in which one group's statistics apply to all of cols.
struct NormCall {
  const float* x;
  std::size_t xStride;
  float* out;
  std::size_t outStride;
  std::size_t rows;
  std::size_t cols;
  double mean;
  double inverseStd;
  const float* weight;  ///< [cols]
  const float* bias;    ///< [cols]
};

/// Rows whose deviations from `shift` are looked at through a matrix.
struct SpreadCall {
  const float* x;  ///< [rows, cols]
  std::size_t stride;
  std::size_t rows;
  std::size_t cols;
  const float* shift;  ///< [spreadStride(cols)], zeros past cols; so are the rows of gram
  const float* gram;   ///< [spreadStride(cols), spreadStride(cols)], symmetric
  float* sums;         ///< [spreadStride(cols)]: the sum of the deviations
  float* scratch;      ///< rows * spreadStride(cols) floats
};

/// Columns rounded up to whole vectors of any level.
constexpr std::size_t spreadStride(std::size_t cols) {
  return (cols + 15) / 16 * 16;
}

using MomentsFunction = Moments (*)(const float* x, std::size_t stride, std::size_t rows,
                                    std::size_t cols);

struct NormKernels {
  /// Moments of x[rows, cols] as kWelford finds them: blocks are summed in float about their own
  /// first element and merged in double (Chan, Golub & LeVeque 1979), so a large mean costs no
  /// precision.
  MomentsFunction moments;
  MomentsFunction momentsStandard;
  MomentsFunction momentsKahan;
  /// Sum over rows of d' gram d, d the row's deviation: the squared length of W d when gram is W'W.
  double (*spread)(const SpreadCall& call);
  /// Per column of x[rows, cols], in plain floats: sums of x - shift and of its square.
  void (*columnSums)(const float* x, std::size_t stride, std::size_t rows, std::size_t cols,
                     const float* shift, float* sums, float* squares);
  /// x = ((x - high) - low) * scale + bias in place, all four one value a column
  void (*applyColumns)(float* x, std::size_t stride, std::size_t rows, std::size_t cols,
                       const float* high, const float* low, const float* scale, const float* bias);
  /// out = (x - mean) * inverseStd * weight + bias; out may be x
  void (*apply)(const NormCall& call);
  /// out = gelu of the above; out may be x
  void (*applyGelu)(const NormCall& call);
  /// Each row normalised by its own moments; epsilon is added to the variance; out may be x
  void (*layerNorm)(const NormCall& call, float epsilon);
};

extern const NormKernels normScalar;
extern const NormKernels normSse41;
extern const NormKernels normAvx2;
extern const NormKernels normAvx512;
extern const NormKernels normNeon;

inline MomentsFunction momentsBy(const NormKernels& kernels, NormAlgorithm algorithm) {
  switch (algorithm) {
    case NormAlgorithm::kStandard:
      return kernels.momentsStandard;
    case NormAlgorithm::kKahan:
      return kernels.momentsKahan;
    case NormAlgorithm::kWelford:
      break;
  }
  return kernels.moments;
}

/// Moments of the union of two sets.
Moments merge(const Moments& a, const Moments& b);

}  // namespace stemwright::kernels
