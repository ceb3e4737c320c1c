#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// A block of scores on its way through a softmax that meets the keys block by block.
/// Source: Milakov & Gimelshein 2018, "Online normalizer calculation for softmax".
struct SoftmaxCall {
  float* scores;       ///< [rows, keys] become e^(scale * (score - peak))
  std::size_t stride;  ///< floats
  std::size_t rows;
  std::size_t keys;  ///< at least 1
  float scale;       ///< above 0
  float* peak;       ///< [rows]: the largest score so far; -infinity before the first block
  float* total;      ///< [rows]: what the sums have come to, against that peak
  float* fade;       ///< [rows]: what becomes of sums that were taken against the former peak
};

struct SoftmaxKernels {
  /// In bf16 levels a row's results are bf16, from where the row begins, and zeros follow up to a
  /// multiple of kBf16Depth; stride leaves room for them.
  void (*run)(const SoftmaxCall& call);
};

extern const SoftmaxKernels softmaxScalar;
extern const SoftmaxKernels softmaxSse41;
extern const SoftmaxKernels softmaxAvx2;
extern const SoftmaxKernels softmaxAvx512;
extern const SoftmaxKernels softmaxNeon;
extern const SoftmaxKernels softmaxAvx512Bf16;
extern const SoftmaxKernels softmaxNeonBf16;

}  // namespace stemwright::kernels
