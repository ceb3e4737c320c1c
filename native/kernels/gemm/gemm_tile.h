// Tiles of a product that stay in registers, over whatever multiplies a row with a panel; compiled
// once per level.
#pragma once

#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_epilogue.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

// Two vectors a row, and what is left of the register file for rows: AVX-512 14 x 32.
constexpr std::size_t kRowBlock = kRegisters == 32 ? (kLanes == 16 ? 14 : 12) : 6;

struct Tile {
  const float* panel;
  const float* bias;
  const float* gain;   // null: 1
  std::size_t row;     // first row
  std::size_t column;  // first output column
};

/// `Rows` are those of A: addTap(rows, tap, row, panel, acc) adds the products of a tap, of which a
/// panel has rows.depth() vectors, or pairs of them.
template <typename Rows, std::size_t kRows, std::size_t kVectors>
void tile(const GemmCall& call, const Rows& rows, const Tile& at) {
  V acc[kRows][kVectors];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) {
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) {
      acc[i][j] = at.gain == nullptr ? load(at.bias + j * kLanes) : zero();
    }
  }
  const std::size_t tapSize = rows.depth() * kVectors * kLanes;
  for (std::size_t t = 0; t < call.tapCount; ++t) {
    addTap(rows, t, at.row, at.panel + call.taps[t].index * tapSize, acc);
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
  writeTile(call, acc, at.row, at.column);
}

template <typename Rows>
using TileFunction = void (*)(const GemmCall&, const Rows&, const Tile&);

template <typename Rows, std::size_t kVectors>
TileFunction<Rows> tileFor(std::size_t rows) {
  switch (rows) {
    case 1:
      return tile<Rows, 1, kVectors>;
    case 2:
      return tile<Rows, 2, kVectors>;
    case 3:
      return tile<Rows, 3, kVectors>;
    case 4:
      return tile<Rows, 4, kVectors>;
    case 5:
      return tile<Rows, 5, kVectors>;
    case 6:
      return tile<Rows, 6, kVectors>;
#if !defined(STEMWRIGHT_SIMD_SCALAR) && !defined(STEMWRIGHT_SIMD_SSE41) && \
    !defined(STEMWRIGHT_SIMD_AVX2)
    case 7:
      return tile<Rows, 7, kVectors>;
    case 8:
      return tile<Rows, 8, kVectors>;
    case 9:
      return tile<Rows, 9, kVectors>;
    case 10:
      return tile<Rows, 10, kVectors>;
    case 11:
      return tile<Rows, 11, kVectors>;
    case 12:
      return tile<Rows, 12, kVectors>;
#if defined(STEMWRIGHT_SIMD_AVX512)
    case 13:
      return tile<Rows, 13, kVectors>;
    case 14:
      return tile<Rows, 14, kVectors>;
#endif
#endif
    default:
      return nullptr;
  }
}

template <std::size_t kVectors, typename Rows>
void panelRows(const GemmCall& call, const Rows& rows, Tile at) {
  const auto full = tileFor<Rows, kVectors>(kRowBlock);
  for (; at.row + kRowBlock <= call.rows; at.row += kRowBlock) full(call, rows, at);
  if (at.row < call.rows) tileFor<Rows, kVectors>(call.rows - at.row)(call, rows, at);
}

template <typename Rows>
void multiplyPanels(const GemmCall& call, const Rows& rows) {
  const PackedGemm& weights = *call.weights;
  const std::size_t panelColumns = weights.glu ? kLanes : 2 * kLanes;
  const std::size_t panelSize = weights.taps * rows.depth() * 2 * kLanes;
  Tile at{weights.panels, call.bias == nullptr ? weights.bias : call.bias, call.gain, 0, 0};
  for (; at.column < weights.outCols; at.column += panelColumns) {
    const bool single = !weights.glu && weights.outCols - at.column <= kLanes;
    if (single) {
      panelRows<1>(call, rows, at);
    } else {
      panelRows<2>(call, rows, at);
    }
    at.panel += panelSize;
    at.bias += 2 * kLanes;
    if (at.gain != nullptr) at.gain += 2 * kLanes;
  }
}

/// An instruction on registers and nothing else, in so many chains as hide the latency of one.
/// @return numbers that came of it
template <std::size_t kChains, typename Instruction>
STEMWRIGHT_INLINE double repeat(std::size_t rounds, Instruction instruction) {
  V chains[kChains];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) chains[i] = set1(static_cast<float>(i));
  for (std::size_t round = 0; round < rounds; ++round) {
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kChains; ++i) chains[i] = instruction(chains[i]);
  }
  V all = zero();
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) all = all + chains[i];
  volatile float kept = sum(all);
  static_cast<void>(kept);
  return static_cast<double>(rounds * kChains * kLanes);
}

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
