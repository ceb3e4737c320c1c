#pragma once

#include "kernels/biquad/biquad.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// kVectors of channels at once: their chains of dependent sums run in each other's shadow.
template <int kVectors>
STEMWRIGHT_INLINE void runChannels(const float* coefficients, float* state, std::size_t channels,
                                   const float* in, float* out, std::size_t frames) {
  V a1[kVectors], a2[kVectors], a3[kVectors], m0[kVectors], m1[kVectors], m2[kVectors];
  V s1[kVectors], s2[kVectors];
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    const float* c = coefficients + v * kLanes;
    a1[v] = load(c);
    a2[v] = load(c + channels);
    a3[v] = load(c + 2 * channels);
    m0[v] = load(c + 3 * channels);
    m1[v] = load(c + 4 * channels);
    m2[v] = load(c + 5 * channels);
    s1[v] = load(state + v * kLanes);
    s2[v] = load(state + channels + v * kLanes);
  }
  for (std::size_t i = 0; i < frames; ++i, in += channels, out += channels) {
    STEMWRIGHT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const V x = load(in + v * kLanes);
      const V high = x - s2[v];
      const V band = fma(a2[v], high, a1[v] * s1[v]);
      const V low = fma(a3[v], high, fma(a2[v], s1[v], s2[v]));
      s1[v] = band + band - s1[v];
      s2[v] = low + low - s2[v];
      store(out + v * kLanes, fma(m2[v], low, fma(m1[v], band, m0[v] * x)));
    }
  }
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    store(state + v * kLanes, s1[v]);
    store(state + channels + v * kLanes, s2[v]);
  }
}

static void runSection(const float* coefficients, float* state, std::size_t channels,
                       const float* in, float* out, std::size_t frames) {
  constexpr int kWide = kRegisters >= 32 ? 3 : 1;
  std::size_t c = 0;
  for (; c + kWide * kLanes <= channels; c += kWide * kLanes) {
    runChannels<kWide>(coefficients + c, state + c, channels, in + c, out + c, frames);
  }
  for (; c < channels; c += kLanes) {
    runChannels<1>(coefficients + c, state + c, channels, in + c, out + c, frames);
  }
}

constexpr BiquadKernels kBiquad{runSection};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
