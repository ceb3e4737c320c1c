// Activations on vectors, shared by the kernels that fuse them.
#pragma once

#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// erf as a rational function of degree 13 / 8 on [-4, 4], within a few ulp; ±1 outside.
STEMWRIGHT_INLINE V erf(V x) {
  x = max(set1(-4.0f), min(set1(4.0f), x));
  const V x2 = x * x;
  V p = set1(-2.72614225801306e-10f);
  p = fma(p, x2, set1(2.77068142495902e-08f));
  p = fma(p, x2, set1(-2.10102402082508e-06f));
  p = fma(p, x2, set1(-5.69250639462346e-05f));
  p = fma(p, x2, set1(-7.34990630326855e-04f));
  p = fma(p, x2, set1(-2.95459980854025e-03f));
  p = fma(p, x2, set1(-1.60960333262415e-02f));
  V q = set1(-1.45660718464996e-05f);
  q = fma(q, x2, set1(-2.13374055278905e-04f));
  q = fma(q, x2, set1(-1.68282697438203e-03f));
  q = fma(q, x2, set1(-7.37332916720468e-03f));
  q = fma(q, x2, set1(-1.42647390514189e-02f));
  return x * p / q;
}

/// x * Phi(x), the exact (erf) form.
STEMWRIGHT_INLINE V gelu(V x) {
  const V half = set1(0.5f) * x;
  return fma(half, erf(x * set1(0.70710678118654752f)), half);
}

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
