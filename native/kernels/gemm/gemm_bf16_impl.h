// Rows rounded to bf16, for products whose sums are in float. Whoever includes it defines
// STEMWRIGHT_BF16_DEPTH, its depthStep.
#pragma once

#include "kernels/gemm/conversion_scratch.h"
#include "kernels/gemm/gemm.h"
#include "kernels/simd.h"
#include "kernels/simd_bf16.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

constexpr std::size_t kDepthStep = STEMWRIGHT_BF16_DEPTH;
/// Numbers rounded at a time: they stay in the second-level cache while all panels meet them.
constexpr std::size_t kScratch = 236 * 1024;
constexpr std::size_t kMostTaps = 128;

STEMWRIGHT_INLINE std::size_t paddedDepth(const PackedGemm& weights) {
  return (weights.depth + kDepthStep - 1) / kDepthStep * kDepthStep;
}

void roundAll(const float* x, std::uint16_t* out, std::size_t count) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) storeBf16(out + i, load(x + i), kLanes);
  if (i < count) storeBf16(out + i, loadPartial(x + i, count - i), count - i);
}

/// Neighbours along the depth, side by side.
void roundPairs(const float* even, const float* odd, std::uint16_t* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) {
    const std::size_t n = count - i < kLanes ? count - i : kLanes;
    storePairs(out + 2 * i, part(even + i, n), odd == nullptr ? zero() : part(odd + i, n), n);
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

/// A single tap's rows that do not overlap, one after the other, each filled up with zeros.
std::size_t roundPacked(const GemmCall& call, std::size_t first, std::size_t rows,
                        std::uint16_t* out, RoundedRows* rounded) {
  const std::size_t depth = call.weights->depth;
  const std::size_t padded = paddedDepth(*call.weights);
  // Not by whole pages: rows of a tile would meet in the same sets of the first-level cache.
  const std::size_t stride = padded + (padded % 1024 == 0 ? kBf16Depth : 0);
  if (out == nullptr) return rows * stride;
  const float* x = call.taps[0].rows + first * call.rowStride;
  for (std::size_t row = 0; row < rows; ++row) {
    roundAll(x + row * call.rowStride, out + row * stride, depth);
    clear(out + row * stride + depth, padded - depth);
  }
  rounded->taps[0] = out;
  rounded->stride = stride;
  return rows * stride;
}

/// Taps that overlap in memory, as those of a convolution do, are rounded once, in place.
std::size_t roundOverlapping(const GemmCall& call, std::size_t first, std::size_t rows,
                             std::uint16_t* out, RoundedRows* rounded) {
  const std::size_t extent = (rows - 1) * call.rowStride + call.weights->depth;
  const std::size_t gap = kDepthStep;
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
  const bool isApart = call.tapCount == 1 && call.rowStride >= call.weights->depth;
  return isApart ? roundPacked(call, first, rows, out, rounded)
                 : roundOverlapping(call, first, rows, out, rounded);
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
  if (call.isRounded) {
    RoundedRows rounded;
    rounded.stride = call.rowStride;
    for (std::size_t t = 0; t < call.tapCount; ++t) {
      rounded.taps[t] = reinterpret_cast<const std::uint16_t*>(call.taps[t].rows);
    }
    multiply(rounded, std::size_t{0}, call.rows);
    return;
  }
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
