// Products with weights and rows rounded to bf16 and sums in float, for whoever defines
// multiplyTile(): how a tile of at most kTileRows rows meets a panel.
#pragma once

#include "kernels/activation_impl.h"
#include "kernels/gemm/conversion_scratch.h"
#include "kernels/gemm/gemm.h"
#include "kernels/gemm/gemm_epilogue.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// Columns of a panel.
constexpr std::size_t kPanel = 2 * kLanes;
/// Numbers rounded at a time: they stay in the second-level cache while all panels meet them.
constexpr std::size_t kScratch = 96 * 1024;
constexpr std::size_t kMostTaps = 128;

STEMWRIGHT_INLINE std::size_t paddedDepth(const PackedGemm& weights) {
  return (weights.depth + kBf16Depth - 1) / kBf16Depth * kBf16Depth;
}

STEMWRIGHT_INLINE void roundVector(const float* x, std::uint16_t* out) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(out),
                      reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(_mm512_loadu_ps(x))));
}

STEMWRIGHT_INLINE void roundAll(const float* x, std::uint16_t* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) roundVector(x + i, out + i);
  if (i < count) {
    const __mmask16 left = static_cast<__mmask16>((1u << (count - i)) - 1u);
    const __m512 last = _mm512_maskz_loadu_ps(left, x + i);
    _mm256_mask_storeu_epi16(out + i, left, reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(last)));
  }
}

STEMWRIGHT_INLINE void clear(std::uint16_t* out, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) out[i] = 0;
}

/// Rows of every tap, rounded. What is read of a row past its depth is a neighbour or zero, and
/// meets zeros.
struct RoundedRows {
  const std::uint16_t* taps[kMostTaps];
  std::size_t stride;  ///< from row to row
};

/// A single tap's rows, one after the other, each filled up with zeros.
std::size_t roundPacked(const GemmCall& call, std::size_t first, std::size_t rows,
                        std::uint16_t* out, RoundedRows* rounded) {
  const std::size_t depth = call.weights->depth;
  const std::size_t padded = paddedDepth(*call.weights);
  if (out == nullptr) return rows * padded;
  const float* x = call.taps[0].rows + first * call.rowStride;
  for (std::size_t row = 0; row < rows; ++row) {
    roundAll(x + row * call.rowStride, out + row * padded, depth);
    clear(out + row * padded + depth, padded - depth);
  }
  rounded->taps[0] = out;
  rounded->stride = padded;
  return rows * padded;
}

/// Taps that overlap in memory, as those of a convolution do, are rounded once, in place.
std::size_t roundOverlapping(const GemmCall& call, std::size_t first, std::size_t rows,
                             std::uint16_t* out, RoundedRows* rounded) {
  const std::size_t extent = (rows - 1) * call.rowStride + call.weights->depth;
  const std::size_t gap = kBf16Depth;
  const float* start = nullptr;  // of the stretch of memory at hand
  const float* end = nullptr;
  std::size_t at = 0;  // of its first number in `out`
  std::size_t used = 0;
  for (std::size_t t = 0; t < call.tapCount; ++t) {
    const float* tap = call.taps[t].rows + first * call.rowStride;
    if (start == nullptr || tap < start || tap > end) {
      if (out != nullptr && start != nullptr) clear(out + used, gap);
      if (start != nullptr) used += gap;
      start = end = tap;
      at = used;
    }
    if (tap + extent > end) {
      const std::size_t count = static_cast<std::size_t>(tap + extent - end);
      if (out != nullptr) roundAll(end, out + used, count);
      used += count;
      end = tap + extent;
    }
    if (out != nullptr) rounded->taps[t] = out + at + static_cast<std::size_t>(tap - start);
  }
  if (out != nullptr) {
    clear(out + used, gap);
    rounded->stride = call.rowStride;
  }
  return used + gap;
}

/// Rows [first, first + rows) of every tap.
/// @param out null: only counts
/// @return numbers written
STEMWRIGHT_INLINE std::size_t roundRows(const GemmCall& call, std::size_t first, std::size_t rows,
                                        std::uint16_t* out, RoundedRows* rounded) {
  return call.tapCount == 1 ? roundPacked(call, first, rows, out, rounded)
                            : roundOverlapping(call, first, rows, out, rounded);
}

struct HalfTile {
  const GemmCall* call;
  const RoundedRows* rounded;
  const float* panel;
  std::size_t row;  ///< first, counted from the rounded ones
  std::size_t rows;
};

/// sums[i][j] = sum over taps and depth; defined by the level.
STEMWRIGHT_INLINE void multiplyTile(const HalfTile& tile, float* sums);

/// @param offset of the panel's columns in what is packed as the bias is
void finishTile(const GemmCall& call, const float* sums, std::size_t offset, std::size_t row,
                std::size_t rows, std::size_t column) {
  const float* bias = (call.bias == nullptr ? call.weights->bias : call.bias) + offset;
  const V bias0 = load(bias);
  const V bias1 = load(bias + kLanes);
  const V gain0 = call.gain == nullptr ? set1(1.0f) : load(call.gain + offset);
  const V gain1 = call.gain == nullptr ? set1(1.0f) : load(call.gain + offset + kLanes);
  const bool hasSecond = column + kLanes < call.weights->outCols;
  for (std::size_t i = 0; i < rows; ++i) {
    const V value0 = fma(load(sums + i * kPanel), gain0, bias0);
    const V value1 = fma(load(sums + i * kPanel + kLanes), gain1, bias1);
    if (call.activation == Activation::kGlu) {
      write(call, value0 * sigmoid(value1), row + i, column);
      continue;
    }
    const bool activate = call.activation == Activation::kGelu;
    write(call, activate ? gelu(value0) : value0, row + i, column);
    if (hasSecond) write(call, activate ? gelu(value1) : value1, row + i, column + kLanes);
  }
}

template <std::size_t kTileRows>
void multiplyRounded(const GemmCall& call, const RoundedRows& rounded, std::size_t first,
                     std::size_t begin, std::size_t end) {
  const PackedGemm& weights = *call.weights;
  const std::size_t columns = weights.glu ? kLanes : kPanel;
  const std::size_t panelSize = weights.taps * paddedDepth(weights) * kLanes;
  alignas(64) float sums[kTileRows * kPanel];
  const float* panel = weights.panels;
  std::size_t offset = 0;
  for (std::size_t column = 0; column < weights.outCols; column += columns) {
    for (std::size_t row = begin; row < end; row += kTileRows) {
      const std::size_t rows = end - row < kTileRows ? end - row : kTileRows;
      multiplyTile({&call, &rounded, panel, row, rows}, sums);
      finishTile(call, sums, offset, first + row, rows, column);
    }
    panel += panelSize;
    offset += kPanel;
  }
}

/// Rows that are rounded together: as many tiles as fit the scratch, at least one.
template <std::size_t kTileRows>
std::size_t rowsAtOnce(const GemmCall& call) {
  std::size_t rows = call.rows;
  while (rows > kTileRows && roundRows(call, 0, rows, nullptr, nullptr) > kScratch) {
    rows = (rows / 2 + kTileRows - 1) / kTileRows * kTileRows;
  }
  return rows;
}

/// Calls multiply(rounded, first, count) for rows [first, first + count) at a time.
template <std::size_t kTileRows, typename Multiply>
STEMWRIGHT_INLINE void forRoundedRows(const GemmCall& call, Multiply multiply) {
  const std::size_t rows = call.rows == 0 ? 0 : rowsAtOnce<kTileRows>(call);
  for (std::size_t first = 0; first < call.rows; first += rows) {
    const std::size_t count = call.rows - first < rows ? call.rows - first : rows;
    std::uint16_t* scratch = conversionScratch(roundRows(call, first, count, nullptr, nullptr));
    RoundedRows rounded;
    roundRows(call, first, count, scratch, &rounded);
    multiply(rounded, first, count);
  }
}

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
