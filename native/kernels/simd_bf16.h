// Numbers in bf16 where the processor rounds and multiplies them: vectors of pairs, two neighbours
// in a float's place. Included after kernels/simd.h, under the same macro and the same rules.
#pragma once

#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

#if defined(STEMWRIGHT_SIMD_AVX512)

struct Pairs {
  __m512bh v;
};

STEMWRIGHT_INLINE Pairs loadPairs(const float* p) {
  return {reinterpret_cast<__m512bh>(_mm512_loadu_ps(p))};
}
/// The pair at x in every place.
STEMWRIGHT_INLINE Pairs setPair(const std::uint16_t* x) {
  std::uint32_t pair;
  __builtin_memcpy(&pair, x, sizeof(pair));
  return {reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(pair)))};
}
/// sums + x0 y0 + x1 y1
STEMWRIGHT_INLINE V addProducts(V sums, Pairs x, Pairs y) {
  return {_mm512_dpbf16_ps(sums.v, x.v, y.v)};
}
/// The first n lanes, rounded.
STEMWRIGHT_INLINE void storeBf16(std::uint16_t* p, V a, std::size_t n) {
  const __m256i rounded = reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a.v));
  if (n == kLanes) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), rounded);
  } else {
    _mm256_mask_storeu_epi16(p, firstLanes(n), rounded);
  }
}
/// The first n lanes of both, rounded: pairs.
STEMWRIGHT_INLINE void storePairs(std::uint16_t* p, V even, V odd, std::size_t n) {
  const auto widened = [](V a) {
    return _mm512_cvtepu16_epi32(reinterpret_cast<__m256i>(_mm512_cvtneps_pbh(a.v)));
  };
  const __m512i pairs = _mm512_or_si512(widened(even), _mm512_slli_epi32(widened(odd), 16));
  _mm512_mask_storeu_epi32(p, firstLanes(n), pairs);
}

#elif defined(STEMWRIGHT_SIMD_NEON)

struct Pairs {
  bfloat16x8_t v;
};

STEMWRIGHT_INLINE Pairs loadPairs(const float* p) {
  return {vreinterpretq_bf16_f32(vld1q_f32(p))};
}
STEMWRIGHT_INLINE Pairs setPair(const std::uint16_t* x) {
  std::uint32_t pair;
  __builtin_memcpy(&pair, x, sizeof(pair));
  return {vreinterpretq_bf16_u32(vdupq_n_u32(pair))};
}
STEMWRIGHT_INLINE V addProducts(V sums, Pairs x, Pairs y) {
  return {vbfdotq_f32(sums.v, x.v, y.v)};
}
STEMWRIGHT_INLINE uint16x4_t rounded(V a) {
  return vreinterpret_u16_bf16(vcvt_bf16_f32(a.v));
}
STEMWRIGHT_INLINE void storeBf16(std::uint16_t* p, V a, std::size_t n) {
  if (n == kLanes) return vst1_u16(p, rounded(a));
  std::uint16_t lanes[kLanes];
  vst1_u16(lanes, rounded(a));
  for (std::size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
STEMWRIGHT_INLINE void storePairs(std::uint16_t* p, V even, V odd, std::size_t n) {
  std::uint16_t pairs[2 * kLanes];
  vst1_u16(pairs, vzip1_u16(rounded(even), rounded(odd)));
  vst1_u16(pairs + kLanes, vzip2_u16(rounded(even), rounded(odd)));
  for (std::size_t i = 0; i < 2 * n; ++i) p[i] = pairs[i];
}

#endif

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
