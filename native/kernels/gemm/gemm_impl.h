// Register-blocked product of gathered rows with packed panels; compiled once per level.
#pragma once

#include "kernels/activation_impl.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_epilogue.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

// Two vectors a row, and what is left of the register file for rows: AVX-512 14 x 32.
constexpr std::size_t kRowBlock = kRegisters == 32 ? (kLanes == 16 ? 14 : 12) : 6;

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

struct Tile {
  const float* panel;
  const float* bias;
  const float* gain;   // null: 1
  std::size_t row;     // first row
  std::size_t column;  // first output column
};

template <std::size_t kRows, std::size_t kVectors>
void tile(const GemmCall& call, const Tile& at) {
  const PackedGemm& weights = *call.weights;
  V acc[kRows][kVectors];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) {
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) {
      acc[i][j] = at.gain == nullptr ? load(at.bias + j * kLanes) : zero();
    }
  }
  for (std::size_t t = 0; t < call.tapCount; ++t) {
    const GemmTap& tap = call.taps[t];
    accumulate<kRows, kVectors>(tap.rows + at.row * call.rowStride, call.rowStride, weights.depth,
                                at.panel + tap.index * weights.depth * kVectors * kLanes, acc);
  }
  if (at.gain != nullptr) {
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kRows; ++i) {
      STEMWRIGHT_UNROLL
      for (std::size_t j = 0; j < kVectors; ++j) {
        acc[i][j] = fma(acc[i][j], load(at.gain + j * kLanes), load(at.bias + j * kLanes));
      }
    }
  }
  if constexpr (kVectors == 2) {
    if (call.activation == Activation::kGlu) {
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kRows; ++i) {
        write(call, acc[i][0] * sigmoid(acc[i][1]), at.row + i, at.column);
      }
      return;
    }
  }
  const bool activate = call.activation == Activation::kGelu;
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) {
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) {
      const V value = activate ? gelu(acc[i][j]) : acc[i][j];
      write(call, value, at.row + i, at.column + j * kLanes);
    }
  }
}

using TileFunction = void (*)(const GemmCall&, const Tile&);

template <std::size_t kVectors>
TileFunction tileFor(std::size_t rows) {
  switch (rows) {
    case 1:
      return tile<1, kVectors>;
    case 2:
      return tile<2, kVectors>;
    case 3:
      return tile<3, kVectors>;
    case 4:
      return tile<4, kVectors>;
    case 5:
      return tile<5, kVectors>;
    case 6:
      return tile<6, kVectors>;
#if !defined(STEMWRIGHT_SIMD_SCALAR) && !defined(STEMWRIGHT_SIMD_SSE41) && \
    !defined(STEMWRIGHT_SIMD_AVX2)
    case 7:
      return tile<7, kVectors>;
    case 8:
      return tile<8, kVectors>;
    case 9:
      return tile<9, kVectors>;
    case 10:
      return tile<10, kVectors>;
    case 11:
      return tile<11, kVectors>;
    case 12:
      return tile<12, kVectors>;
#if defined(STEMWRIGHT_SIMD_AVX512)
    case 13:
      return tile<13, kVectors>;
    case 14:
      return tile<14, kVectors>;
#endif
#endif
    default:
      return nullptr;
  }
}

template <std::size_t kVectors>
void panelRows(const GemmCall& call, Tile at) {
  const TileFunction full = tileFor<kVectors>(kRowBlock);
  for (; at.row + kRowBlock <= call.rows; at.row += kRowBlock) full(call, at);
  if (at.row < call.rows) tileFor<kVectors>(call.rows - at.row)(call, at);
}

void run(const GemmCall& call) {
  const PackedGemm& weights = *call.weights;
  const std::size_t panelColumns = weights.glu ? kLanes : 2 * kLanes;
  const std::size_t panelSize = weights.taps * weights.depth * 2 * kLanes;
  Tile at{weights.panels, call.bias == nullptr ? weights.bias : call.bias, call.gain, 0, 0};
  for (; at.column < weights.outCols; at.column += panelColumns) {
    const bool single = !weights.glu && weights.outCols - at.column <= kLanes;
    if (single) {
      panelRows<1>(call, at);
    } else {
      panelRows<2>(call, at);
    }
    at.panel += panelSize;
    at.bias += 2 * kLanes;
    if (at.gain != nullptr) at.gain += 2 * kLanes;
  }
}

double saturate(std::size_t rounds) {
  constexpr std::size_t kChains = 12;  // enough to hide the latency of one
  V acc[kChains];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) acc[i] = set1(static_cast<float>(i));
  const V gain = set1(0.999f);
  const V offset = set1(1e-3f);
  for (std::size_t round = 0; round < rounds; ++round) {
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kChains; ++i) acc[i] = fma(acc[i], gain, offset);
  }
  V all = zero();
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) all = all + acc[i];
  volatile float kept = sum(all);
  static_cast<void>(kept);
  return 2.0 * static_cast<double>(rounds * kChains * kLanes);
}

constexpr GemmKernels kGemm{kLanes, kRowBlock, false, run, saturate};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
