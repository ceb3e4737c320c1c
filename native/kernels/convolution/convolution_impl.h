#pragma once

#include "kernels/convolution/convolution.h"
#include "kernels/simd.h"
#include "kernels/simd_shuffle.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// kVectors of neighbouring outputs stay in registers while all taps pass by.
template <int kVectors>
STEMWRIGHT_INLINE void firBlock(const float* x, const float* taps, std::size_t tapCount, V* sums) {
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) sums[v] = zero();
  for (std::size_t j = 0; j < tapCount; ++j, --x) {
    const V tap = set1(taps[j]);
    STEMWRIGHT_UNROLL
    for (int v = 0; v < kVectors; ++v) sums[v] = fma(load(x + v * kLanes), tap, sums[v]);
  }
}

template <int kVectors>
STEMWRIGHT_INLINE void firVectors(const float* x, const float* taps, std::size_t tapCount,
                                  float* out) {
  V sums[kVectors];
  firBlock<kVectors>(x, taps, tapCount, sums);
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    store(out + v * kLanes, load(out + v * kLanes) + sums[v]);
  }
}

static void fir(const float* x, const float* taps, std::size_t tapCount, float* out,
                std::size_t count) {
  std::size_t i = 0;
  for (; i + 8 * kLanes <= count; i += 8 * kLanes) firVectors<8>(x + i, taps, tapCount, out + i);
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) firVectors<4>(x + i, taps, tapCount, out + i);
  for (; i + kLanes <= count; i += kLanes) firVectors<1>(x + i, taps, tapCount, out + i);
  if (i < count) {
    V sum[1];
    firBlock<1>(x + i, taps, tapCount, sum);
    storePartial(out + i, loadPartial(out + i, count - i) + sum[0], count - i);
  }
}

/// kColumns windows meet one row of weights.
template <int kColumns>
STEMWRIGHT_INLINE void windowSums(const float* x, std::size_t step, const float* weights,
                                  std::size_t length, float bias, float* out, std::size_t outStep) {
  V sums[kColumns];
  STEMWRIGHT_UNROLL
  for (int c = 0; c < kColumns; ++c) sums[c] = zero();
  std::size_t k = 0;
  for (; k + kLanes <= length; k += kLanes) {
    const V weight = load(weights + k);
    STEMWRIGHT_UNROLL
    for (int c = 0; c < kColumns; ++c) sums[c] = fma(load(x + c * step + k), weight, sums[c]);
  }
  if (k < length) {
    const V weight = loadPartial(weights + k, length - k);
    STEMWRIGHT_UNROLL
    for (int c = 0; c < kColumns; ++c) {
      sums[c] = fma(loadPartial(x + c * step + k, length - k), weight, sums[c]);
    }
  }
  STEMWRIGHT_UNROLL
  for (int c = 0; c < kColumns; ++c) out[c * outStep] = bias + sum(sums[c]);
}

static void windows(const float* x, std::size_t step, std::size_t columns, const float* weights,
                    std::size_t weightStride, std::size_t length, std::size_t outs,
                    const float* bias, float* out) {
  std::size_t c = 0;
  for (; c + 4 <= columns; c += 4) {
    for (std::size_t o = 0; o < outs; ++o) {
      windowSums<4>(x + c * step, step, weights + o * weightStride, length, bias[o],
                    out + c * outs + o, outs);
    }
  }
  for (; c < columns; ++c) {
    for (std::size_t o = 0; o < outs; ++o) {
      windowSums<1>(x + c * step, step, weights + o * weightStride, length, bias[o],
                    out + c * outs + o, outs);
    }
  }
}

/// As many bins at once as leave room in the registers for what is multiplied.
template <bool kAdds>
static void sumTiles(const float* x, const float* h, std::size_t count, float* out) {
  constexpr int kVectors = kLanes == 1 ? 1 : 4;
  for (std::size_t bin = 0; bin < kTileBins; bin += kVectors * kLanes) {
    V re[kVectors], im[kVectors];
    float* to = out + bin;
    STEMWRIGHT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      re[v] = zero();
      im[v] = zero();
    }
    const float *a = x + bin, *b = h + bin;
    for (std::size_t s = 0; s < count; ++s, a += kTileFloats, b += kTileFloats) {
      STEMWRIGHT_UNROLL
      for (int v = 0; v < kVectors; ++v) {
        const V ar = load(a + v * kLanes), ai = load(a + kTileBins + v * kLanes);
        const V br = load(b + v * kLanes), bi = load(b + kTileBins + v * kLanes);
        re[v] = fnma(ai, bi, fma(ar, br, re[v]));
        im[v] = fma(ai, br, fma(ar, bi, im[v]));
      }
    }
    STEMWRIGHT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      float *real = to + v * kLanes, *imaginary = real + kTileBins;
      store(real, kAdds ? load(real) + re[v] : re[v]);
      store(imaginary, kAdds ? load(imaginary) + im[v] : im[v]);
    }
  }
}

static void accumulateTilesAhead(const float* x, const float* h, std::size_t count, float* out) {
  constexpr int kAhead = static_cast<int>(kLookAhead);
  for (std::size_t bin = 0; bin < kTileBins; bin += kLanes) {
    V re[kAhead], im[kAhead];
    STEMWRIGHT_UNROLL
    for (int j = 0; j < kAhead; ++j) {
      re[j] = zero();
      im[j] = zero();
    }
    const float *a = x + bin, *b = h + bin;
    for (std::size_t s = 0; s < count; ++s, a += kTileFloats, b += kTileFloats) {
      const V ar = load(a), ai = load(a + kTileBins);
      STEMWRIGHT_UNROLL
      for (int j = 0; j < kAhead; ++j) {
        const V br = load(b + j * kTileFloats), bi = load(b + j * kTileFloats + kTileBins);
        re[j] = fnma(ai, bi, fma(ar, br, re[j]));
        im[j] = fma(ai, br, fma(ar, bi, im[j]));
      }
    }
    STEMWRIGHT_UNROLL
    for (int j = 0; j < kAhead; ++j) {
      float* to = out + j * kTileFloats + bin;
      store(to, load(to) + re[j]);
      store(to + kTileBins, load(to + kTileBins) + im[j]);
    }
  }
}

static void splitTiles(const float* pairs, std::size_t tileCount, float* tiles,
                       std::size_t stride) {
  for (std::size_t t = 0; t < tileCount; ++t, tiles += stride) {
    for (std::size_t bin = 0; bin < kTileBins; bin += kLanes, pairs += 2 * kLanes) {
      const V2 planes = deinterleave({load(pairs), load(pairs + kLanes)});
      store(tiles + bin, planes.a);
      store(tiles + kTileBins + bin, planes.b);
    }
  }
}

static void joinTiles(const float* tiles, std::size_t tileCount, float* pairs) {
  for (std::size_t t = 0; t < tileCount; ++t, tiles += kTileFloats) {
    for (std::size_t bin = 0; bin < kTileBins; bin += kLanes, pairs += 2 * kLanes) {
      const V2 mixed = interleave({load(tiles + bin), load(tiles + kTileBins + bin)});
      store(pairs, mixed.a);
      store(pairs + kLanes, mixed.b);
    }
  }
}

constexpr ConvolutionKernels kConvolution{
    fir, windows, sumTiles<false>, sumTiles<true>, accumulateTilesAhead, splitTiles, joinTiles};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
