// Movements of lanes: planes from and to interleaved pairs, reversal, square transposition.
// Included after kernels/simd.h, under the same macro and the same rules.
#pragma once

#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// Two vectors that belong together: halves of a sequence, or real and imaginary parts.
struct V2 {
  V a, b;
};

#if defined(STEMWRIGHT_SIMD_AVX512)

/// (x0 x1 x2 ...) in two vectors -> even elements, odd elements
STEMWRIGHT_INLINE V2 deinterleave(V2 x) {
  const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
  const __m512i odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
  return {{_mm512_permutex2var_ps(x.a.v, even, x.b.v)},
          {_mm512_permutex2var_ps(x.a.v, odd, x.b.v)}};
}
/// a, b -> (a0 b0 a1 b1 ...) in two vectors
STEMWRIGHT_INLINE V2 interleave(V2 x) {
  const __m512i low = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  const __m512i high =
      _mm512_setr_epi32(8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
  return {{_mm512_permutex2var_ps(x.a.v, low, x.b.v)},
          {_mm512_permutex2var_ps(x.a.v, high, x.b.v)}};
}
STEMWRIGHT_INLINE V reverse(V x) {
  return {_mm512_permutexvar_ps(
      _mm512_setr_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0), x.v)};
}
/// deinterleave, then each half reversed
STEMWRIGHT_INLINE V2 deinterleaveReversed(V2 x) {
  const __m512i even = _mm512_setr_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
  const __m512i odd = _mm512_setr_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  return {{_mm512_permutex2var_ps(x.a.v, even, x.b.v)},
          {_mm512_permutex2var_ps(x.a.v, odd, x.b.v)}};
}
/// each reversed, then interleave
STEMWRIGHT_INLINE V2 interleaveReversed(V2 x) {
  const __m512i low =
      _mm512_setr_epi32(15, 31, 14, 30, 13, 29, 12, 28, 11, 27, 10, 26, 9, 25, 8, 24);
  const __m512i high = _mm512_setr_epi32(7, 23, 6, 22, 5, 21, 4, 20, 3, 19, 2, 18, 1, 17, 0, 16);
  return {{_mm512_permutex2var_ps(x.a.v, low, x.b.v)},
          {_mm512_permutex2var_ps(x.a.v, high, x.b.v)}};
}

/// rows[i] lane j <-> rows[j] lane i
STEMWRIGHT_INLINE void transpose(V* rows) {
  V quads[16];
  STEMWRIGHT_UNROLL
  for (int i = 0; i < 16; i += 4) {
    const __m512 a = _mm512_unpacklo_ps(rows[i].v, rows[i + 1].v);
    const __m512 b = _mm512_unpackhi_ps(rows[i].v, rows[i + 1].v);
    const __m512 c = _mm512_unpacklo_ps(rows[i + 2].v, rows[i + 3].v);
    const __m512 d = _mm512_unpackhi_ps(rows[i + 2].v, rows[i + 3].v);
    quads[i].v = _mm512_shuffle_ps(a, c, 0x44);
    quads[i + 1].v = _mm512_shuffle_ps(a, c, 0xee);
    quads[i + 2].v = _mm512_shuffle_ps(b, d, 0x44);
    quads[i + 3].v = _mm512_shuffle_ps(b, d, 0xee);
  }
  STEMWRIGHT_UNROLL
  for (int c = 0; c < 4; ++c) {
    const __m512 a = _mm512_shuffle_f32x4(quads[c].v, quads[4 + c].v, 0x44);
    const __m512 b = _mm512_shuffle_f32x4(quads[c].v, quads[4 + c].v, 0xee);
    const __m512 d = _mm512_shuffle_f32x4(quads[8 + c].v, quads[12 + c].v, 0x44);
    const __m512 e = _mm512_shuffle_f32x4(quads[8 + c].v, quads[12 + c].v, 0xee);
    rows[c].v = _mm512_shuffle_f32x4(a, d, 0x88);
    rows[4 + c].v = _mm512_shuffle_f32x4(a, d, 0xdd);
    rows[8 + c].v = _mm512_shuffle_f32x4(b, e, 0x88);
    rows[12 + c].v = _mm512_shuffle_f32x4(b, e, 0xdd);
  }
}

#elif defined(STEMWRIGHT_SIMD_AVX2)

STEMWRIGHT_INLINE V2 deinterleave(V2 x) {
  const __m256 low = _mm256_permute2f128_ps(x.a.v, x.b.v, 0x20);
  const __m256 high = _mm256_permute2f128_ps(x.a.v, x.b.v, 0x31);
  return {{_mm256_shuffle_ps(low, high, 0x88)}, {_mm256_shuffle_ps(low, high, 0xdd)}};
}
STEMWRIGHT_INLINE V2 interleave(V2 x) {
  const __m256 low = _mm256_unpacklo_ps(x.a.v, x.b.v);
  const __m256 high = _mm256_unpackhi_ps(x.a.v, x.b.v);
  return {{_mm256_permute2f128_ps(low, high, 0x20)}, {_mm256_permute2f128_ps(low, high, 0x31)}};
}
STEMWRIGHT_INLINE V reverse(V x) {
  return {_mm256_permutevar8x32_ps(x.v, _mm256_setr_epi32(7, 6, 5, 4, 3, 2, 1, 0))};
}
STEMWRIGHT_INLINE void transpose(V* rows) {
  V quads[8];
  STEMWRIGHT_UNROLL
  for (int i = 0; i < 8; i += 4) {
    const __m256 a = _mm256_unpacklo_ps(rows[i].v, rows[i + 1].v);
    const __m256 b = _mm256_unpackhi_ps(rows[i].v, rows[i + 1].v);
    const __m256 c = _mm256_unpacklo_ps(rows[i + 2].v, rows[i + 3].v);
    const __m256 d = _mm256_unpackhi_ps(rows[i + 2].v, rows[i + 3].v);
    quads[i].v = _mm256_shuffle_ps(a, c, 0x44);
    quads[i + 1].v = _mm256_shuffle_ps(a, c, 0xee);
    quads[i + 2].v = _mm256_shuffle_ps(b, d, 0x44);
    quads[i + 3].v = _mm256_shuffle_ps(b, d, 0xee);
  }
  STEMWRIGHT_UNROLL
  for (int c = 0; c < 4; ++c) {
    rows[c].v = _mm256_permute2f128_ps(quads[c].v, quads[4 + c].v, 0x20);
    rows[4 + c].v = _mm256_permute2f128_ps(quads[c].v, quads[4 + c].v, 0x31);
  }
}

#elif defined(STEMWRIGHT_SIMD_SSE41)

STEMWRIGHT_INLINE V2 deinterleave(V2 x) {
  return {{_mm_shuffle_ps(x.a.v, x.b.v, 0x88)}, {_mm_shuffle_ps(x.a.v, x.b.v, 0xdd)}};
}
STEMWRIGHT_INLINE V2 interleave(V2 x) {
  return {{_mm_unpacklo_ps(x.a.v, x.b.v)}, {_mm_unpackhi_ps(x.a.v, x.b.v)}};
}
STEMWRIGHT_INLINE V reverse(V x) {
  return {_mm_shuffle_ps(x.v, x.v, 0x1b)};
}
STEMWRIGHT_INLINE void transpose(V* rows) {
  _MM_TRANSPOSE4_PS(rows[0].v, rows[1].v, rows[2].v, rows[3].v);
}

#elif defined(STEMWRIGHT_SIMD_NEON)

STEMWRIGHT_INLINE V2 deinterleave(V2 x) {
  return {{vuzp1q_f32(x.a.v, x.b.v)}, {vuzp2q_f32(x.a.v, x.b.v)}};
}
STEMWRIGHT_INLINE V2 interleave(V2 x) {
  return {{vzip1q_f32(x.a.v, x.b.v)}, {vzip2q_f32(x.a.v, x.b.v)}};
}
STEMWRIGHT_INLINE V reverse(V x) {
  const float32x4_t pairs = vrev64q_f32(x.v);
  return {vextq_f32(pairs, pairs, 2)};
}
STEMWRIGHT_INLINE void transpose(V* rows) {
  const float32x4_t a = vzip1q_f32(rows[0].v, rows[2].v);
  const float32x4_t b = vzip2q_f32(rows[0].v, rows[2].v);
  const float32x4_t c = vzip1q_f32(rows[1].v, rows[3].v);
  const float32x4_t d = vzip2q_f32(rows[1].v, rows[3].v);
  rows[0].v = vzip1q_f32(a, c);
  rows[1].v = vzip2q_f32(a, c);
  rows[2].v = vzip1q_f32(b, d);
  rows[3].v = vzip2q_f32(b, d);
}

#else  // scalar: two vectors of one lane

STEMWRIGHT_INLINE V2 deinterleave(V2 x) {
  return x;
}
STEMWRIGHT_INLINE V2 interleave(V2 x) {
  return x;
}
STEMWRIGHT_INLINE V reverse(V x) {
  return x;
}
STEMWRIGHT_INLINE void transpose(V*) {}

#endif

#if !defined(STEMWRIGHT_SIMD_AVX512)
STEMWRIGHT_INLINE V2 deinterleaveReversed(V2 x) {
  const V2 planes = deinterleave(x);
  return {reverse(planes.a), reverse(planes.b)};
}
STEMWRIGHT_INLINE V2 interleaveReversed(V2 x) {
  return interleave({reverse(x.a), reverse(x.b)});
}
#endif

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
