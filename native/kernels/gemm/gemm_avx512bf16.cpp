#define STEMWRIGHT_SIMD_AVX512
#define STEMWRIGHT_SIMD_NAMESPACE avx512bf16
#include "kernels/gemm/gemm_bf16_impl.h"

namespace stemwright::kernels {
namespace avx512bf16 {

constexpr std::size_t kTileRows = 14;

/// Two neighbours along the depth, in every lane.
STEMWRIGHT_INLINE __m512bh pairAt(const std::uint16_t* x) {
  std::uint32_t pair;
  __builtin_memcpy(&pair, x, sizeof(pair));
  return reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(pair)));
}

STEMWRIGHT_INLINE __m512bh pairsAt(const float* x) {
  return reinterpret_cast<__m512bh>(_mm512_loadu_ps(x));
}

template <std::size_t kRows>
void multiplyRowsOf(const HalfTile& tile, float* sums) {
  const GemmCall& call = *tile.call;
  const std::size_t depth = paddedDepth(*call.weights);
  __m512 acc[kRows][2];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) acc[i][0] = acc[i][1] = _mm512_setzero_ps();
  for (std::size_t t = 0; t < call.tapCount; ++t) {
    const std::uint16_t* a = tile.rounded->taps[t] + tile.row * tile.rounded->stride;
    const float* b = tile.panel + call.taps[t].index * depth * kLanes;
    for (std::size_t k = 0; k < depth; k += 2) {
      const __m512bh b0 = pairsAt(b);
      const __m512bh b1 = pairsAt(b + kLanes);
      b += kPanel;
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kRows; ++i) {
        const __m512bh x = pairAt(a + i * tile.rounded->stride + k);
        acc[i][0] = _mm512_dpbf16_ps(acc[i][0], x, b0);
        acc[i][1] = _mm512_dpbf16_ps(acc[i][1], x, b1);
      }
    }
  }
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) {
    _mm512_store_ps(sums + i * kPanel, acc[i][0]);
    _mm512_store_ps(sums + i * kPanel + kLanes, acc[i][1]);
  }
}

STEMWRIGHT_INLINE void multiplyTile(const HalfTile& tile, float* sums) {
  HalfTile left = tile;
  while (left.rows != 0) {
    std::size_t rows = 1;
    if (left.rows >= kTileRows) {
      multiplyRowsOf<kTileRows>(left, sums);
      rows = kTileRows;
    } else if (left.rows >= 4) {
      multiplyRowsOf<4>(left, sums);
      rows = 4;
    } else {
      multiplyRowsOf<1>(left, sums);
    }
    left.row += rows;
    left.rows -= rows;
    sums += rows * kPanel;
  }
}

void run(const GemmCall& call) {
  forRoundedRows<kTileRows>(call,
                            [&](const RoundedRows& rounded, std::size_t first, std::size_t count) {
                              multiplyRounded<kTileRows>(call, rounded, first, 0, count);
                            });
}

double saturate(std::size_t rounds) {
  constexpr std::size_t kChains = 12;
  __m512 acc[kChains];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) acc[i] = _mm512_set1_ps(static_cast<float>(i));
  const std::uint16_t pair[2] = {0x3c23, 0xbc23};  // 0.01 and -0.01
  const __m512bh x = pairAt(pair);
  for (std::size_t round = 0; round < rounds; ++round) {
    STEMWRIGHT_UNROLL
    for (std::size_t i = 0; i < kChains; ++i) acc[i] = _mm512_dpbf16_ps(acc[i], x, x);
  }
  V all = zero();
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kChains; ++i) all = all + V{acc[i]};
  volatile float kept = sum(all);
  static_cast<void>(kept);
  return 4.0 * static_cast<double>(rounds * kChains * kLanes);
}

}  // namespace avx512bf16

const GemmKernels gemmAvx512Bf16{avx512bf16::kLanes, avx512bf16::kTileRows, true, avx512bf16::run,
                                 avx512bf16::saturate};

}  // namespace stemwright::kernels
