#pragma once

#include "kernels/activation_impl.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

template <typename Op>
STEMWRIGHT_INLINE void map(std::size_t count, float* out, Op op) {
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) store(out + i, op(i, kLanes));
  if (i < count) storePartial(out + i, op(i, count - i), count - i);
}

void geluAll(const float* x, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) { return gelu(part(x + i, n)); });
}

void gluAll(const float* value, const float* gate, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) {
    return part(value + i, n) * sigmoid(part(gate + i, n));
  });
}

void sigmoidAll(const float* x, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) { return sigmoid(part(x + i, n)); });
}

void tanhAll(const float* x, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) { return tanh(part(x + i, n)); });
}

void addAll(const float* x, const float* y, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) { return part(x + i, n) + part(y + i, n); });
}

void multiplyAll(const float* x, const float* y, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) { return part(x + i, n) * part(y + i, n); });
}

void scaleOffsetAll(const float* x, float gain, float offset, float* out, std::size_t count) {
  const V g = set1(gain);
  const V o = set1(offset);
  map(count, out, [&](std::size_t i, std::size_t n) { return fma(part(x + i, n), g, o); });
}

void multiplyAddAll(const float* x, const float* weight, float* out, std::size_t count) {
  map(count, out, [&](std::size_t i, std::size_t n) {
    return fma(part(x + i, n), part(weight + i, n), part(out + i, n));
  });
}

void complexMultiplyAddAll(const float* a, const float* b, float* out, std::size_t count) {
  for (std::size_t i = 0; i < 2 * count; i += 2) {
    out[i] += a[i] * b[i] - a[i + 1] * b[i + 1];
    out[i + 1] += a[i] * b[i + 1] + a[i + 1] * b[i];
  }
}

float expRow(float* x, float scale, float peak, std::size_t count) {
  const V s = set1(scale);
  const V p = set1(peak);
  V total = zero();
  std::size_t i = 0;
  for (; i + kLanes <= count; i += kLanes) {
    const V e = exp((load(x + i) - p) * s);
    store(x + i, e);
    total = total + e;
  }
  float rest = 0.0f;
  if (i < count) {
    float tail[kLanes];
    store(tail, exp((loadPartial(x + i, count - i) - p) * s));
    for (std::size_t j = 0; i + j < count; ++j) {
      x[i + j] = tail[j];
      rest += tail[j];
    }
  }
  return sum(total) + rest;
}

float maxRow(const float* x, std::size_t count) {
  float best = -__builtin_inff();
  std::size_t i = 0;
  if (count >= kLanes) {
    V top = load(x);
    for (i = kLanes; i + kLanes <= count; i += kLanes) top = max(top, load(x + i));
    float lanes[kLanes];
    store(lanes, top);
    for (float lane : lanes) best = lane > best ? lane : best;
  }
  for (; i < count; ++i) best = x[i] > best ? x[i] : best;
  return best;
}

void widenBf16All(const std::uint16_t* x, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) store(out + i, loadBf16(x + i));
}

void widenFp16All(const std::uint16_t* x, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) store(out + i, loadFp16(x + i));
}

/// In blocks that keep both sides within a few cache lines.
void transposeAll(const float* x, std::size_t xStride, float* out, std::size_t outStride,
                  std::size_t rows, std::size_t cols) {
  constexpr std::size_t kBlock = 16;
  for (std::size_t r0 = 0; r0 < rows; r0 += kBlock) {
    const std::size_t r1 = r0 + kBlock < rows ? r0 + kBlock : rows;
    for (std::size_t c0 = 0; c0 < cols; c0 += kBlock) {
      const std::size_t c1 = c0 + kBlock < cols ? c0 + kBlock : cols;
      for (std::size_t c = c0; c < c1; ++c) {
        for (std::size_t r = r0; r < r1; ++r) out[c * outStride + r] = x[r * xStride + c];
      }
    }
  }
}

constexpr ElementwiseKernels kElementwise{geluAll,        gluAll,         sigmoidAll,
                                          tanhAll,        addAll,         multiplyAll,
                                          scaleOffsetAll, multiplyAddAll, complexMultiplyAddAll,
                                          expRow,         maxRow,         widenBf16All,
                                          widenFp16All,   transposeAll};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
