// One vector type per instruction set, so that a kernel is written once and compiled per level.
//
// A file <op>_<isa>.cpp defines one STEMWRIGHT_SIMD_* macro, includes this header and then the
// kernel's own <op>_impl.h. All of it lands in a namespace named after the level, and nothing here
// or there may use inline functions of the standard library: the linker would be free to keep the
// copy compiled for the higher level and run it on a machine that lacks it.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(STEMWRIGHT_SIMD_AVX512)
#include <immintrin.h>
#if !defined(STEMWRIGHT_SIMD_NAMESPACE)  // a level that adds to this one has a name of its own
#define STEMWRIGHT_SIMD_NAMESPACE avx512
#endif
#elif defined(STEMWRIGHT_SIMD_AVX2)
#include <immintrin.h>
#define STEMWRIGHT_SIMD_NAMESPACE avx2
#elif defined(STEMWRIGHT_SIMD_SSE41)
#include <smmintrin.h>
#define STEMWRIGHT_SIMD_NAMESPACE sse41
#elif defined(STEMWRIGHT_SIMD_NEON)
#include <arm_neon.h>
#if !defined(STEMWRIGHT_SIMD_NAMESPACE)
#define STEMWRIGHT_SIMD_NAMESPACE neon
#endif
#elif defined(STEMWRIGHT_SIMD_SCALAR)
#define STEMWRIGHT_SIMD_NAMESPACE scalar
#else
#error "define one STEMWRIGHT_SIMD_* before including kernels/simd.h"
#endif

#if defined(_MSC_VER)
#define STEMWRIGHT_INLINE static __forceinline
#else
#define STEMWRIGHT_INLINE static inline __attribute__((always_inline))
#endif

/// Before a loop of constant length over vectors, which must live in registers.
#if defined(__clang__)
#define STEMWRIGHT_UNROLL _Pragma("clang loop unroll(full)")
#elif defined(__GNUC__)
#define STEMWRIGHT_UNROLL _Pragma("GCC unroll 16")
#else
#define STEMWRIGHT_UNROLL
#endif

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

// ---- the vector of each level: V, kLanes, and the operations that differ ----------------------

#if defined(STEMWRIGHT_SIMD_AVX512)

struct V {
  __m512 v;
};
constexpr std::size_t kLanes = 16;
/// Vector registers a kernel may count on.
constexpr std::size_t kRegisters = 32;

STEMWRIGHT_INLINE V zero() {
  return {_mm512_setzero_ps()};
}
/// The even and the odd ones of pairs of bf16 that lie in the places of floats.
STEMWRIGHT_INLINE V lowBf16(const float* p) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_loadu_si512(p), 16))};
}
STEMWRIGHT_INLINE V highBf16(const float* p) {
  return {_mm512_castsi512_ps(
      _mm512_and_si512(_mm512_loadu_si512(p), _mm512_set1_epi32(static_cast<int>(0xffff0000u))))};
}
/// Neighbours in 16 bits. Halves must be finite.
STEMWRIGHT_INLINE V loadBf16(const std::uint16_t* p) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16))};
}
STEMWRIGHT_INLINE V loadFp16(const std::uint16_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
STEMWRIGHT_INLINE V set1(float x) {
  return {_mm512_set1_ps(x)};
}
STEMWRIGHT_INLINE V load(const float* p) {
  return {_mm512_loadu_ps(p)};
}
STEMWRIGHT_INLINE void store(float* p, V a) {
  _mm512_storeu_ps(p, a.v);
}
STEMWRIGHT_INLINE __mmask16 firstLanes(std::size_t n) {
  return static_cast<__mmask16>((1u << n) - 1u);
}
STEMWRIGHT_INLINE V loadPartial(const float* p, std::size_t n) {
  return {_mm512_maskz_loadu_ps(firstLanes(n), p)};
}
STEMWRIGHT_INLINE void storePartial(float* p, V a, std::size_t n) {
  _mm512_mask_storeu_ps(p, firstLanes(n), a.v);
}
STEMWRIGHT_INLINE V operator+(V a, V b) {
  return {_mm512_add_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator-(V a, V b) {
  return {_mm512_sub_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator*(V a, V b) {
  return {_mm512_mul_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator/(V a, V b) {
  return {_mm512_div_ps(a.v, b.v)};
}
/// a * b + c
STEMWRIGHT_INLINE V fma(V a, V b, V c) {
  return {_mm512_fmadd_ps(a.v, b.v, c.v)};
}
/// c - a * b
STEMWRIGHT_INLINE V fnma(V a, V b, V c) {
  return {_mm512_fnmadd_ps(a.v, b.v, c.v)};
}
STEMWRIGHT_INLINE V max(V a, V b) {
  return {_mm512_max_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V min(V a, V b) {
  return {_mm512_min_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V sqrt(V a) {
  return {_mm512_sqrt_ps(a.v)};
}
STEMWRIGHT_INLINE V abs(V a) {
  return {_mm512_abs_ps(a.v)};
}
STEMWRIGHT_INLINE V roundToInt(V a) {
  return {_mm512_roundscale_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
/// magnitude of a, sign of b
STEMWRIGHT_INLINE V copysign(V a, V b) {
  const __m512i sign = _mm512_set1_epi32(static_cast<int>(0x80000000u));
  return {_mm512_castsi512_ps(
      _mm512_ternarylogic_epi32(sign, _mm512_castps_si512(b.v), _mm512_castps_si512(a.v), 0xCA))};
}
/// a * 2^n for integral n in [-126, 127]
STEMWRIGHT_INLINE V timesPowerOfTwo(V a, V n) {
  return {_mm512_scalef_ps(a.v, n.v)};
}
/// where a < b: x, else y
STEMWRIGHT_INLINE V selectLess(V a, V b, V x, V y) {
  return {_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a.v, b.v, _CMP_LT_OQ), y.v, x.v)};
}
STEMWRIGHT_INLINE float sum(V a) {
  const __m256 half = _mm256_add_ps(_mm512_castps512_ps256(a.v), _mm512_extractf32x8_ps(a.v, 1));
  __m128 q = _mm_add_ps(_mm256_castps256_ps128(half), _mm256_extractf128_ps(half, 1));
  q = _mm_add_ps(q, _mm_movehl_ps(q, q));
  return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}

#elif defined(STEMWRIGHT_SIMD_AVX2)

struct V {
  __m256 v;
};
constexpr std::size_t kLanes = 8;
constexpr std::size_t kRegisters = 16;

STEMWRIGHT_INLINE V zero() {
  return {_mm256_setzero_ps()};
}
STEMWRIGHT_INLINE V lowBf16(const float* p) {
  return {_mm256_castsi256_ps(
      _mm256_slli_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)), 16))};
}
STEMWRIGHT_INLINE V highBf16(const float* p) {
  return {
      _mm256_castsi256_ps(_mm256_and_si256(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)),
                                           _mm256_set1_epi32(static_cast<int>(0xffff0000u))))};
}
STEMWRIGHT_INLINE V loadBf16(const std::uint16_t* p) {
  const __m128i bits = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  return {_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(bits), 16))};
}
STEMWRIGHT_INLINE V loadFp16(const std::uint16_t* p) {
  return {_mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)))};
}
STEMWRIGHT_INLINE V set1(float x) {
  return {_mm256_set1_ps(x)};
}
STEMWRIGHT_INLINE V load(const float* p) {
  return {_mm256_loadu_ps(p)};
}
STEMWRIGHT_INLINE void store(float* p, V a) {
  _mm256_storeu_ps(p, a.v);
}
STEMWRIGHT_INLINE __m256i firstLanes(std::size_t n) {
  const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int>(n)), lane);
}
STEMWRIGHT_INLINE V loadPartial(const float* p, std::size_t n) {
  return {_mm256_maskload_ps(p, firstLanes(n))};
}
STEMWRIGHT_INLINE void storePartial(float* p, V a, std::size_t n) {
  _mm256_maskstore_ps(p, firstLanes(n), a.v);
}
STEMWRIGHT_INLINE V operator+(V a, V b) {
  return {_mm256_add_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator-(V a, V b) {
  return {_mm256_sub_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator*(V a, V b) {
  return {_mm256_mul_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator/(V a, V b) {
  return {_mm256_div_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V fma(V a, V b, V c) {
  return {_mm256_fmadd_ps(a.v, b.v, c.v)};
}
STEMWRIGHT_INLINE V fnma(V a, V b, V c) {
  return {_mm256_fnmadd_ps(a.v, b.v, c.v)};
}
STEMWRIGHT_INLINE V max(V a, V b) {
  return {_mm256_max_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V min(V a, V b) {
  return {_mm256_min_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V sqrt(V a) {
  return {_mm256_sqrt_ps(a.v)};
}
STEMWRIGHT_INLINE V abs(V a) {
  return {_mm256_andnot_ps(_mm256_set1_ps(-0.0f), a.v)};
}
STEMWRIGHT_INLINE V roundToInt(V a) {
  return {_mm256_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
STEMWRIGHT_INLINE V copysign(V a, V b) {
  const __m256 sign = _mm256_set1_ps(-0.0f);
  return {_mm256_or_ps(_mm256_andnot_ps(sign, a.v), _mm256_and_ps(sign, b.v))};
}
STEMWRIGHT_INLINE V timesPowerOfTwo(V a, V n) {
  const __m256i bits = _mm256_add_epi32(_mm256_cvtps_epi32(n.v), _mm256_set1_epi32(127));
  return a * V{_mm256_castsi256_ps(_mm256_slli_epi32(bits, 23))};
}
STEMWRIGHT_INLINE V selectLess(V a, V b, V x, V y) {
  return {_mm256_blendv_ps(y.v, x.v, _mm256_cmp_ps(a.v, b.v, _CMP_LT_OQ))};
}
STEMWRIGHT_INLINE float sum(V a) {
  __m128 q = _mm_add_ps(_mm256_castps256_ps128(a.v), _mm256_extractf128_ps(a.v, 1));
  q = _mm_add_ps(q, _mm_movehl_ps(q, q));
  return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}

#elif defined(STEMWRIGHT_SIMD_SSE41)

struct V {
  __m128 v;
};
constexpr std::size_t kLanes = 4;
constexpr std::size_t kRegisters = 16;

STEMWRIGHT_INLINE V zero() {
  return {_mm_setzero_ps()};
}
STEMWRIGHT_INLINE V lowBf16(const float* p) {
  return {
      _mm_castsi128_ps(_mm_slli_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)), 16))};
}
STEMWRIGHT_INLINE V highBf16(const float* p) {
  return {_mm_castsi128_ps(_mm_and_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)),
                                         _mm_set1_epi32(static_cast<int>(0xffff0000u))))};
}
STEMWRIGHT_INLINE V loadBf16(const std::uint16_t* p) {
  const __m128i bits = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(p));
  return {_mm_castsi128_ps(_mm_slli_epi32(_mm_cvtepu16_epi32(bits), 16))};
}
/// The exponent moves by 112; subnormals become normal by a difference of normals.
STEMWRIGHT_INLINE V loadFp16(const std::uint16_t* p) {
  const __m128i half = _mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p)));
  const __m128i magnitude = _mm_slli_epi32(_mm_and_si128(half, _mm_set1_epi32(0x7fff)), 13);
  const __m128i sign = _mm_slli_epi32(_mm_and_si128(half, _mm_set1_epi32(0x8000)), 16);
  const __m128i least = _mm_set1_epi32(113 << 23);
  const __m128 normal = _mm_castsi128_ps(_mm_add_epi32(magnitude, _mm_set1_epi32(112 << 23)));
  const __m128 subnormal =
      _mm_sub_ps(_mm_castsi128_ps(_mm_add_epi32(magnitude, least)), _mm_castsi128_ps(least));
  const __m128i isSubnormal = _mm_cmplt_epi32(magnitude, _mm_set1_epi32(1 << 23));
  return {_mm_or_ps(_mm_blendv_ps(normal, subnormal, _mm_castsi128_ps(isSubnormal)),
                    _mm_castsi128_ps(sign))};
}
STEMWRIGHT_INLINE V set1(float x) {
  return {_mm_set1_ps(x)};
}
STEMWRIGHT_INLINE V load(const float* p) {
  return {_mm_loadu_ps(p)};
}
STEMWRIGHT_INLINE void store(float* p, V a) {
  _mm_storeu_ps(p, a.v);
}
STEMWRIGHT_INLINE V loadPartial(const float* p, std::size_t n) {
  alignas(16) float lanes[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return {_mm_load_ps(lanes)};
}
STEMWRIGHT_INLINE void storePartial(float* p, V a, std::size_t n) {
  alignas(16) float lanes[4];
  _mm_store_ps(lanes, a.v);
  for (std::size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
STEMWRIGHT_INLINE V operator+(V a, V b) {
  return {_mm_add_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator-(V a, V b) {
  return {_mm_sub_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator*(V a, V b) {
  return {_mm_mul_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator/(V a, V b) {
  return {_mm_div_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V fma(V a, V b, V c) {
  return {_mm_add_ps(_mm_mul_ps(a.v, b.v), c.v)};
}
STEMWRIGHT_INLINE V fnma(V a, V b, V c) {
  return {_mm_sub_ps(c.v, _mm_mul_ps(a.v, b.v))};
}
STEMWRIGHT_INLINE V max(V a, V b) {
  return {_mm_max_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V min(V a, V b) {
  return {_mm_min_ps(a.v, b.v)};
}
STEMWRIGHT_INLINE V sqrt(V a) {
  return {_mm_sqrt_ps(a.v)};
}
STEMWRIGHT_INLINE V abs(V a) {
  return {_mm_andnot_ps(_mm_set1_ps(-0.0f), a.v)};
}
STEMWRIGHT_INLINE V roundToInt(V a) {
  return {_mm_round_ps(a.v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)};
}
STEMWRIGHT_INLINE V copysign(V a, V b) {
  const __m128 sign = _mm_set1_ps(-0.0f);
  return {_mm_or_ps(_mm_andnot_ps(sign, a.v), _mm_and_ps(sign, b.v))};
}
STEMWRIGHT_INLINE V timesPowerOfTwo(V a, V n) {
  const __m128i bits = _mm_add_epi32(_mm_cvtps_epi32(n.v), _mm_set1_epi32(127));
  return a * V{_mm_castsi128_ps(_mm_slli_epi32(bits, 23))};
}
STEMWRIGHT_INLINE V selectLess(V a, V b, V x, V y) {
  return {_mm_blendv_ps(y.v, x.v, _mm_cmplt_ps(a.v, b.v))};
}
STEMWRIGHT_INLINE float sum(V a) {
  const __m128 q = _mm_add_ps(a.v, _mm_movehl_ps(a.v, a.v));
  return _mm_cvtss_f32(_mm_add_ss(q, _mm_shuffle_ps(q, q, 1)));
}

#elif defined(STEMWRIGHT_SIMD_NEON)

struct V {
  float32x4_t v;
};
constexpr std::size_t kLanes = 4;
constexpr std::size_t kRegisters = 32;

STEMWRIGHT_INLINE V zero() {
  return {vdupq_n_f32(0.0f)};
}
STEMWRIGHT_INLINE V lowBf16(const float* p) {
  return {vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(vld1q_f32(p)), 16))};
}
STEMWRIGHT_INLINE V highBf16(const float* p) {
  return {vreinterpretq_f32_u32(
      vandq_u32(vreinterpretq_u32_f32(vld1q_f32(p)), vdupq_n_u32(0xffff0000u)))};
}
STEMWRIGHT_INLINE V loadBf16(const std::uint16_t* p) {
  return {vreinterpretq_f32_u32(vshll_n_u16(vld1_u16(p), 16))};
}
STEMWRIGHT_INLINE V loadFp16(const std::uint16_t* p) {
  return {vcvt_f32_f16(vreinterpret_f16_u16(vld1_u16(p)))};
}
STEMWRIGHT_INLINE V set1(float x) {
  return {vdupq_n_f32(x)};
}
STEMWRIGHT_INLINE V load(const float* p) {
  return {vld1q_f32(p)};
}
STEMWRIGHT_INLINE void store(float* p, V a) {
  vst1q_f32(p, a.v);
}
STEMWRIGHT_INLINE V loadPartial(const float* p, std::size_t n) {
  float lanes[4] = {0, 0, 0, 0};
  for (std::size_t i = 0; i < n; ++i) lanes[i] = p[i];
  return {vld1q_f32(lanes)};
}
STEMWRIGHT_INLINE void storePartial(float* p, V a, std::size_t n) {
  float lanes[4];
  vst1q_f32(lanes, a.v);
  for (std::size_t i = 0; i < n; ++i) p[i] = lanes[i];
}
STEMWRIGHT_INLINE V operator+(V a, V b) {
  return {vaddq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator-(V a, V b) {
  return {vsubq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator*(V a, V b) {
  return {vmulq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V operator/(V a, V b) {
  return {vdivq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V fma(V a, V b, V c) {
  return {vfmaq_f32(c.v, a.v, b.v)};
}
STEMWRIGHT_INLINE V fnma(V a, V b, V c) {
  return {vfmsq_f32(c.v, a.v, b.v)};
}
STEMWRIGHT_INLINE V max(V a, V b) {
  return {vmaxq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V min(V a, V b) {
  return {vminq_f32(a.v, b.v)};
}
STEMWRIGHT_INLINE V sqrt(V a) {
  return {vsqrtq_f32(a.v)};
}
STEMWRIGHT_INLINE V abs(V a) {
  return {vabsq_f32(a.v)};
}
STEMWRIGHT_INLINE V roundToInt(V a) {
  return {vrndnq_f32(a.v)};
}
STEMWRIGHT_INLINE V copysign(V a, V b) {
  return {vbslq_f32(vdupq_n_u32(0x80000000u), b.v, a.v)};
}
STEMWRIGHT_INLINE V timesPowerOfTwo(V a, V n) {
  const int32x4_t bits = vaddq_s32(vcvtnq_s32_f32(n.v), vdupq_n_s32(127));
  return a * V{vreinterpretq_f32_s32(vshlq_n_s32(bits, 23))};
}
STEMWRIGHT_INLINE V selectLess(V a, V b, V x, V y) {
  return {vbslq_f32(vcltq_f32(a.v, b.v), x.v, y.v)};
}
STEMWRIGHT_INLINE float sum(V a) {
  return vaddvq_f32(a.v);
}

#else  // scalar

struct V {
  float v;
};
constexpr std::size_t kLanes = 1;
constexpr std::size_t kRegisters = 16;

STEMWRIGHT_INLINE V zero() {
  return {0.0f};
}
STEMWRIGHT_INLINE V fromBits(std::uint32_t bits) {
  V value;
  __builtin_memcpy(&value.v, &bits, sizeof(bits));
  return value;
}
STEMWRIGHT_INLINE std::uint32_t bitsAt(const float* p) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, p, sizeof(bits));
  return bits;
}
STEMWRIGHT_INLINE V lowBf16(const float* p) {
  return fromBits(bitsAt(p) << 16);
}
STEMWRIGHT_INLINE V highBf16(const float* p) {
  return fromBits(bitsAt(p) & 0xffff0000u);
}
STEMWRIGHT_INLINE V loadBf16(const std::uint16_t* p) {
  return fromBits(std::uint32_t{*p} << 16);
}
STEMWRIGHT_INLINE V loadFp16(const std::uint16_t* p) {
  const std::uint32_t magnitude = (*p & 0x7fffu) << 13;
  const std::uint32_t least = 113u << 23;
  const float value = magnitude < 1u << 23 ? fromBits(magnitude + least).v - fromBits(least).v
                                           : fromBits(magnitude + (112u << 23)).v;
  return {(*p & 0x8000u) != 0 ? -value : value};
}
STEMWRIGHT_INLINE V set1(float x) {
  return {x};
}
STEMWRIGHT_INLINE V load(const float* p) {
  return {*p};
}
STEMWRIGHT_INLINE void store(float* p, V a) {
  *p = a.v;
}
STEMWRIGHT_INLINE V loadPartial(const float* p, std::size_t n) {
  return {n == 0 ? 0.0f : *p};
}
STEMWRIGHT_INLINE void storePartial(float* p, V a, std::size_t n) {
  if (n != 0) *p = a.v;
}
STEMWRIGHT_INLINE V operator+(V a, V b) {
  return {a.v + b.v};
}
STEMWRIGHT_INLINE V operator-(V a, V b) {
  return {a.v - b.v};
}
STEMWRIGHT_INLINE V operator*(V a, V b) {
  return {a.v * b.v};
}
STEMWRIGHT_INLINE V operator/(V a, V b) {
  return {a.v / b.v};
}
STEMWRIGHT_INLINE V fma(V a, V b, V c) {
  return {a.v * b.v + c.v};
}
STEMWRIGHT_INLINE V fnma(V a, V b, V c) {
  return {c.v - a.v * b.v};
}
STEMWRIGHT_INLINE V max(V a, V b) {
  return {a.v > b.v ? a.v : b.v};
}
STEMWRIGHT_INLINE V min(V a, V b) {
  return {a.v < b.v ? a.v : b.v};
}
STEMWRIGHT_INLINE V sqrt(V a) {
  return {__builtin_sqrtf(a.v)};
}
STEMWRIGHT_INLINE V abs(V a) {
  return {a.v < 0.0f ? -a.v : a.v};
}
STEMWRIGHT_INLINE V roundToInt(V a) {
  constexpr float kMagic = 12582912.0f;  // 1.5 * 2^23: adding it rounds to nearest even
  return {(a.v + kMagic) - kMagic};
}
STEMWRIGHT_INLINE V copysign(V a, V b) {
  return {__builtin_copysignf(a.v, b.v)};
}
STEMWRIGHT_INLINE V timesPowerOfTwo(V a, V n) {
  return a * fromBits(static_cast<std::uint32_t>(static_cast<int>(n.v) + 127) << 23);
}
STEMWRIGHT_INLINE V selectLess(V a, V b, V x, V y) {
  return a.v < b.v ? x : y;
}
STEMWRIGHT_INLINE float sum(V a) {
  return a.v;
}

#endif

// ---- what all levels share ---------------------------------------------------------------------

/// The first n elements, n up to kLanes; zeros above.
STEMWRIGHT_INLINE V part(const float* p, std::size_t n) {
  return n == kLanes ? load(p) : loadPartial(p, n);
}
/// Stores the first n lanes, n up to kLanes.
STEMWRIGHT_INLINE void put(float* p, V a, std::size_t n) {
  if (n == kLanes) {
    store(p, a);
  } else {
    storePartial(p, a, n);
  }
}

/// e^x, within 2 ulp on [-87, 88]; clamped outside. Cephes' reduction and polynomial.
STEMWRIGHT_INLINE V exp(V x) {
  x = min(max(x, set1(-87.3f)), set1(88.0f));
  const V n = roundToInt(x * set1(1.44269504088896341f));
  V r = fnma(n, set1(0.693359375f), x);
  r = fnma(n, set1(-2.12194440e-4f), r);
  V p = set1(1.9875691500e-4f);
  p = fma(p, r, set1(1.3981999507e-3f));
  p = fma(p, r, set1(8.3334519073e-3f));
  p = fma(p, r, set1(4.1665795894e-2f));
  p = fma(p, r, set1(1.6666665459e-1f));
  p = fma(p, r, set1(5.0000001201e-1f));
  p = fma(p * r, r, r + set1(1.0f));
  return timesPowerOfTwo(p, n);
}

/// 1 / (1 + e^-x)
STEMWRIGHT_INLINE V sigmoid(V x) {
  return set1(1.0f) / (set1(1.0f) + exp(zero() - x));
}

/// tanh(x) = 2 sigmoid(2x) - 1 away from zero, an odd polynomial near it (Cephes).
STEMWRIGHT_INLINE V tanh(V x) {
  const V a = abs(x);
  const V far = set1(1.0f) - set1(2.0f) / (exp(a + a) + set1(1.0f));
  const V z = x * x;
  V p = set1(-5.70498872745e-3f);
  p = fma(p, z, set1(2.06390887954e-2f));
  p = fma(p, z, set1(-5.37397155531e-2f));
  p = fma(p, z, set1(1.33314422036e-1f));
  p = fma(p, z, set1(-3.33332819422e-1f));
  const V near = fma(p * z, x, x);
  return selectLess(a, set1(0.625f), near, copysign(far, x));
}

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
