// Rows of scores, as many at a time as a vector has lanes; compiled once per level. With
// STEMWRIGHT_SOFTMAX_BF16 the results are bf16.
#pragma once

#include "kernels/simd.h"
#include "kernels/simd_shuffle.h"
#include "kernels/softmax/softmax.h"
#if defined(STEMWRIGHT_SOFTMAX_BF16)
#include "kernels/simd_bf16.h"
#endif

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// 2^t for t up to 0, and as little as 2^-126 below; 2^0 is exactly 1. Minimax polynomials on
/// [-0.5, 0.5]: relative errors 9.2e-8, and 1.1e-4 where bf16 rounds them.
STEMWRIGHT_INLINE V powerOfTwo(V t) {
  t = max(t, set1(-126.0f));
  const V n = roundToInt(t);
  const V r = t - n;
#if defined(STEMWRIGHT_SOFTMAX_BF16)
  V p = set1(0.0550089329f);
  p = fma(p, r, set1(0.242210954f));
  p = fma(p, r, set1(0.693282902f));
#else
  V p = set1(0.00132647273f);
  p = fma(p, r, set1(0.00967151299f));
  p = fma(p, r, set1(0.0555073358f));
  p = fma(p, r, set1(0.240222424f));
  p = fma(p, r, set1(0.693147004f));
#endif
  p = fma(p, r, set1(1.0f));
  return timesPowerOfTwo(p, n);
}

/// Puts the first n lanes of a row's results at `key`, and gives them back with zeros above.
STEMWRIGHT_INLINE V keep(float* row, std::size_t key, V e, std::size_t n) {
#if defined(STEMWRIGHT_SOFTMAX_BF16)
  if (n != kLanes) {
    float lanes[kLanes];
    store(lanes, e);
    e = loadPartial(lanes, n);
  }
  storeBf16(reinterpret_cast<std::uint16_t*>(row) + key, e, kLanes);
  return e;
#else
  put(row + key, e, n);
  return n == kLanes ? e : loadPartial(row + key, n);
#endif
}

/// In no lane larger than the largest score of a row.
STEMWRIGHT_INLINE V highest(const float* row, std::size_t keys) {
  if (keys < kLanes) {
    float top = row[0];
    for (std::size_t key = 1; key < keys; ++key) top = row[key] > top ? row[key] : top;
    return set1(top);
  }
  V top = load(row + keys - kLanes);
  for (std::size_t key = 0; key + kLanes <= keys; key += kLanes) top = max(top, load(row + key));
  return top;
}

/// 2^(slope * (score - peak)) in the place of each score. @return sums, lane by lane
STEMWRIGHT_INLINE V powers(float* row, std::size_t keys, float slope, float peak) {
  const V s = set1(slope);
  const V p = set1(peak);
  V total = zero();
  std::size_t key = 0;
  for (; key + kLanes <= keys; key += kLanes) {
    total = total + keep(row, key, powerOfTwo((load(row + key) - p) * s), kLanes);
  }
  if (key < keys) {
    const V t = (loadPartial(row + key, keys - key) - p) * s;
    total = total + keep(row, key, powerOfTwo(t), keys - key);
    key += kLanes;
  }
#if defined(STEMWRIGHT_SOFTMAX_BF16)
  for (; key % 32 != 0; key += kLanes) keep(row, key, zero(), kLanes);
#endif
  return total;
}

/// Up to kLanes rows from `first`.
STEMWRIGHT_INLINE void softmaxRows(const SoftmaxCall& call, std::size_t first, std::size_t rows) {
  const float slope = call.scale * 1.44269504088896341f;
  float* const scores = call.scores + first * call.stride;
  V lanes[kLanes];
  for (std::size_t r = 0; r < kLanes; ++r) {
    lanes[r] = r < rows ? highest(scores + r * call.stride, call.keys) : zero();
  }
  transpose(lanes);
  const V before = part(call.peak + first, rows);
  V peak = before;
  for (std::size_t r = 0; r < kLanes; ++r) peak = max(peak, lanes[r]);
  const V fade = powerOfTwo((before - peak) * set1(slope));
  put(call.peak + first, peak, rows);
  put(call.fade + first, fade, rows);
  for (std::size_t r = 0; r < kLanes; ++r) {
    lanes[r] = r < rows ? powers(scores + r * call.stride, call.keys, slope, call.peak[first + r])
                        : zero();
  }
  transpose(lanes);
  V total = part(call.total + first, rows) * fade;
  for (std::size_t r = 0; r < kLanes; ++r) total = total + lanes[r];
  put(call.total + first, total, rows);
}

void softmax(const SoftmaxCall& call) {
  for (std::size_t first = 0; first < call.rows; first += kLanes) {
    const std::size_t left = call.rows - first;
    softmaxRows(call, first, left < kLanes ? left : kLanes);
  }
}

constexpr SoftmaxKernels kSoftmax{softmax};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
