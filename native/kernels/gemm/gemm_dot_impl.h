// Products by an instruction that multiplies pairs of bf16 and adds both to a float; compiled for
// each that there is.
#pragma once

#define STEMWRIGHT_BF16_DEPTH 2
#include "kernels/gemm/gemm_bf16_impl.h"
#include "kernels/gemm/gemm_tile.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

struct HalfRows {
  const RoundedRows& rounded;
  std::size_t pairs;  ///< of a tap's depth
  std::size_t depth() const { return pairs; }
};

template <std::size_t kRows, std::size_t kVectors>
STEMWRIGHT_INLINE void addTap(const HalfRows& rows, std::size_t tap, std::size_t row,
                              const float* panel, V (&acc)[kRows][kVectors]) {
  constexpr std::size_t kGroups = (kRows + 2) / 3;  // as in float
  const std::size_t stride = rows.rounded.stride;
  const std::uint16_t* group[kGroups];
  STEMWRIGHT_UNROLL
  for (std::size_t g = 0; g < kGroups; ++g) {
    group[g] = rows.rounded.taps[tap] + (row + g * 3) * stride;
  }
  for (std::size_t p = 0; p < rows.pairs; ++p) {
    Pairs b[kVectors];
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) b[j] = loadPairs(panel + j * kLanes);
    panel += kVectors * kLanes;
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kRows; ++i) {
      const Pairs x = setPair(group[i / 3] + (i % 3) * stride);
      STEMWRIGHT_UNROLL
      for (std::size_t j = 0; j < kVectors; ++j) acc[i][j] = addProducts(acc[i][j], x, b[j]);
    }
    STEMWRIGHT_UNROLL
    for (std::size_t g = 0; g < kGroups; ++g) group[g] += 2;
  }
}

void run(const GemmCall& call) {
  const std::size_t pairs = paddedDepth(*call.weights) / 2;
  forRoundedRows<kRowBlock>(call,
                            [&](const RoundedRows& rounded, std::size_t first, std::size_t count) {
                              GemmCall part = call;
                              part.rows = count;
                              part.out += first * call.outStride;
                              if (call.residual != nullptr)
                                part.residual += first * call.residualStride;
                              multiplyPanels(part, HalfRows{rounded, pairs});
                            });
}

double saturate(std::size_t rounds) {
  const std::uint16_t pair[2] = {0x3c23, 0xbc23};  // 0.01 and -0.01
  const Pairs x = setPair(pair);
  return 4.0 * repeat<15>(rounds, [&](V sums) { return addProducts(sums, x, x); });
}

constexpr GemmKernels kDotGemm{kLanes, kRowBlock, true,     kDepthStep, true,
                               run,    saturate,  roundAll, roundPairs};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
