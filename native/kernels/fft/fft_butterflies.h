// Complex DFTs of a few points, each lane its own transform. Forward direction, natural order,
// in place. Split-radix-free textbook forms (Van Loan 1992, chapter 2), with multiply-adds.
#pragma once

#include "kernels/simd_shuffle.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

struct Complex {
  V re, im;
};

STEMWRIGHT_INLINE Complex operator+(Complex x, Complex y) {
  return {x.re + y.re, x.im + y.im};
}
STEMWRIGHT_INLINE Complex operator-(Complex x, Complex y) {
  return {x.re - y.re, x.im - y.im};
}
STEMWRIGHT_INLINE Complex multiply(Complex x, V re, V im) {
  return {fnma(x.im, im, x.re * re), fma(x.re, im, x.im * re)};
}
/// x + scale * y, x - scale * y
STEMWRIGHT_INLINE Complex addScaled(Complex x, Complex y, V scale) {
  return {fma(y.re, scale, x.re), fma(y.im, scale, x.im)};
}
STEMWRIGHT_INLINE Complex subtractScaled(Complex x, Complex y, V scale) {
  return {fnma(y.re, scale, x.re), fnma(y.im, scale, x.im)};
}
/// x - i y, x + i y
STEMWRIGHT_INLINE Complex addMinusI(Complex x, Complex y) {
  return {x.re + y.im, x.im - y.re};
}
STEMWRIGHT_INLINE Complex addPlusI(Complex x, Complex y) {
  return {x.re - y.im, x.im + y.re};
}

STEMWRIGHT_INLINE void dft4(Complex& a, Complex& b, Complex& c, Complex& d) {
  const Complex s = a + c, t = a - c, u = b + d, w = b - d;
  a = s + u;
  b = addMinusI(t, w);
  c = s - u;
  d = addPlusI(t, w);
}

template <int kRadix>
struct Dft;

template <>
struct Dft<1> {
  STEMWRIGHT_INLINE void run(Complex*) {}
};

template <>
struct Dft<2> {
  STEMWRIGHT_INLINE void run(Complex* x) {
    const Complex a = x[0];
    x[0] = a + x[1];
    x[1] = a - x[1];
  }
};

template <>
struct Dft<3> {
  STEMWRIGHT_INLINE void run(Complex* x) {
    const V sine = set1(0.86602540378443864676f);
    const Complex sum = x[1] + x[2], difference = x[1] - x[2];
    const Complex centre = subtractScaled(x[0], sum, set1(0.5f));
    const Complex turned = {difference.re * sine, difference.im * sine};
    x[0] = x[0] + sum;
    x[1] = addMinusI(centre, turned);
    x[2] = addPlusI(centre, turned);
  }
};

template <>
struct Dft<4> {
  STEMWRIGHT_INLINE void run(Complex* x) { dft4(x[0], x[1], x[2], x[3]); }
};

template <>
struct Dft<5> {
  STEMWRIGHT_INLINE void run(Complex* x) {
    const V cos1 = set1(0.30901699437494742410f), sin1 = set1(0.95105651629515357212f);
    const V cos2 = set1(-0.80901699437494742410f), sin2 = set1(0.58778525229247312917f);
    const Complex s14 = x[1] + x[4], d14 = x[1] - x[4], s23 = x[2] + x[3], d23 = x[2] - x[3];
    const Complex even1 = addScaled(addScaled(x[0], s14, cos1), s23, cos2);
    const Complex even2 = addScaled(addScaled(x[0], s14, cos2), s23, cos1);
    const Complex odd1 = addScaled({d14.re * sin1, d14.im * sin1}, d23, sin2);
    const Complex odd2 = subtractScaled({d14.re * sin2, d14.im * sin2}, d23, sin1);
    x[0] = x[0] + s14 + s23;
    x[1] = addMinusI(even1, odd1);
    x[4] = addPlusI(even1, odd1);
    x[2] = addMinusI(even2, odd2);
    x[3] = addPlusI(even2, odd2);
  }
};

template <>
struct Dft<8> {
  STEMWRIGHT_INLINE void run(Complex* x) {
    dft4(x[0], x[2], x[4], x[6]);
    dft4(x[1], x[3], x[5], x[7]);
    const Complex even[4] = {x[0], x[2], x[4], x[6]}, odd[4] = {x[1], x[3], x[5], x[7]};
    const V half = set1(0.70710678118654752440f);
    const Complex turned1 = {odd[1].re + odd[1].im, odd[1].im - odd[1].re};
    const Complex turned3 = {odd[3].im - odd[3].re, odd[3].re + odd[3].im};
    x[0] = even[0] + odd[0];
    x[4] = even[0] - odd[0];
    x[1] = addScaled(even[1], turned1, half);
    x[5] = subtractScaled(even[1], turned1, half);
    x[2] = addMinusI(even[2], odd[2]);
    x[6] = addPlusI(even[2], odd[2]);
    x[3] = {fma(turned3.re, half, even[3].re), fnma(turned3.im, half, even[3].im)};
    x[7] = {fnma(turned3.re, half, even[3].re), fma(turned3.im, half, even[3].im)};
  }
};

template <>
struct Dft<16> {
  STEMWRIGHT_INLINE void run(Complex* x) {
    dft4(x[0], x[4], x[8], x[12]);
    dft4(x[1], x[5], x[9], x[13]);
    dft4(x[2], x[6], x[10], x[14]);
    dft4(x[3], x[7], x[11], x[15]);
    const V c = set1(0.92387953251128675613f), s = set1(0.38268343236508977173f);
    const V half = set1(0.70710678118654752440f), minusC = zero() - c, minusS = zero() - s;
    x[5] = multiply(x[5], c, minusS);
    x[9] = {(x[9].re + x[9].im) * half, (x[9].im - x[9].re) * half};
    x[13] = multiply(x[13], s, minusC);
    x[6] = {(x[6].re + x[6].im) * half, (x[6].im - x[6].re) * half};
    x[10] = {x[10].im, zero() - x[10].re};
    x[14] = {(x[14].im - x[14].re) * half, (x[14].re + x[14].im) * (zero() - half)};
    x[7] = multiply(x[7], s, minusC);
    x[11] = {(x[11].im - x[11].re) * half, (x[11].re + x[11].im) * (zero() - half)};
    x[15] = multiply(x[15], minusC, s);
    Complex y[16];
    STEMWRIGHT_UNROLL
    for (int k = 0; k < 4; ++k) {
      Complex* row = x + 4 * k;
      dft4(row[0], row[1], row[2], row[3]);
      for (int j = 0; j < 4; ++j) y[k + 4 * j] = row[j];
    }
    STEMWRIGHT_UNROLL
    for (int j = 0; j < 16; ++j) x[j] = y[j];
  }
};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
