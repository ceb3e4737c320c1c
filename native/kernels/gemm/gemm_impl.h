// Register-blocked product of gathered rows with packed panels; compiled once per level.
#pragma once

#include "kernels/gemm/gemm_tile.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// acc[i][j] += sum_k A[i, k] * panel[k, j]
template <std::size_t kRows, std::size_t kVectors>
STEMWRIGHT_INLINE void accumulate(const float* a, std::size_t stride, std::size_t depth,
                                  const float* panel, V (&acc)[kRows][kVectors]) {
  // Rows in threes: base, base + stride and base + 2 * stride are one addressing mode each.
  constexpr std::size_t kGroups = (kRows + 2) / 3;
  const float* group[kGroups];
  STEMWRIGHT_UNROLL
  for (std::size_t g = 0; g < kGroups; ++g) group[g] = a + g * 3 * stride;
  for (std::size_t k = 0; k < depth; ++k) {
    V b[kVectors];
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) b[j] = load(panel + j * kLanes);
    panel += kVectors * kLanes;
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kRows; ++i) {
      const V x = set1(group[i / 3][(i % 3) * stride]);
      STEMWRIGHT_UNROLL
      for (std::size_t j = 0; j < kVectors; ++j) acc[i][j] = fma(x, b[j], acc[i][j]);
    }
    STEMWRIGHT_UNROLL
    for (std::size_t g = 0; g < kGroups; ++g) ++group[g];
  }
}

struct FloatRows {
  const GemmCall& call;
  std::size_t depth() const { return call.weights->depth; }
};

template <std::size_t kRows, std::size_t kVectors>
STEMWRIGHT_INLINE void addTap(const FloatRows& rows, std::size_t tap, std::size_t row,
                              const float* panel, V (&acc)[kRows][kVectors]) {
  const std::size_t stride = rows.call.rowStride;
  accumulate(rows.call.taps[tap].rows + row * stride, stride, rows.depth(), panel, acc);
}

void run(const GemmCall& call) {
  multiplyPanels(call, FloatRows{call});
}

double saturate(std::size_t rounds) {
  const V gain = set1(0.999f);
  const V offset = set1(1e-3f);
  return 2.0 * repeat<12>(rounds, [&](V sums) { return fma(sums, gain, offset); });
}

constexpr GemmKernels kGemm{kLanes, kRowBlock, false, 1, true, run, saturate, nullptr, nullptr};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
