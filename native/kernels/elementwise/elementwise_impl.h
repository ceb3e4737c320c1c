#pragma once

#include "kernels/activation_impl.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/simd.h"
#include "kernels/simd_shuffle.h"

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

void widenBf16All(const std::uint16_t* x, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) store(out + i, loadBf16(x + i));
}

void widenFp16All(const std::uint16_t* x, float* out, std::size_t count) {
  for (std::size_t i = 0; i < count; i += kLanes) store(out + i, loadFp16(x + i));
}

/// In squares of vectors, which also keep both sides within a few cache lines.
void transposeAll(const float* x, std::size_t xStride, float* out, std::size_t outStride,
                  std::size_t rows, std::size_t cols) {
  V square[kLanes];
  for (std::size_t r = 0; r < rows; r += kLanes) {
    const std::size_t height = rows - r < kLanes ? rows - r : kLanes;
    for (std::size_t c = 0; c < cols; c += kLanes) {
      const std::size_t width = cols - c < kLanes ? cols - c : kLanes;
      for (std::size_t i = 0; i < kLanes; ++i) {
        square[i] = i < height ? part(x + (r + i) * xStride + c, width) : zero();
      }
      transpose(square);
      for (std::size_t i = 0; i < width; ++i) put(out + (c + i) * outStride + r, square[i], height);
    }
  }
}

constexpr ElementwiseKernels kElementwise{geluAll,        gluAll,         sigmoidAll,
                                          tanhAll,        addAll,         multiplyAll,
                                          scaleOffsetAll, multiplyAddAll, complexMultiplyAddAll,
                                          widenBf16All,   widenFp16All,   transposeAll};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
