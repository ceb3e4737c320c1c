#pragma once

#include "kernels/activation_impl.h"
#include "kernels/norm/norm.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// Sums of (x - shift) and its square over one block of rows.
struct BlockSums {
  double sum;
  double squares;
};

STEMWRIGHT_INLINE BlockSums blockSums(const float* x, std::size_t stride, std::size_t rows,
                                      std::size_t cols, float shift) {
  const V s = set1(shift);
  BlockSums sums{0, 0};
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = x + r * stride;
    V total0 = zero(), total1 = zero(), squares0 = zero(), squares1 = zero();
    std::size_t c = 0;
    for (; c + 2 * kLanes <= cols; c += 2 * kLanes) {
      const V d0 = load(row + c) - s;
      const V d1 = load(row + c + kLanes) - s;
      total0 = total0 + d0;
      total1 = total1 + d1;
      squares0 = fma(d0, d0, squares0);
      squares1 = fma(d1, d1, squares1);
    }
    float total = sum(total0 + total1);
    float squares = sum(squares0 + squares1);
    for (; c < cols; ++c) {
      const float d = row[c] - shift;
      total += d;
      squares += d * d;
    }
    sums.sum += static_cast<double>(total);
    sums.squares += static_cast<double>(squares);
  }
  return sums;
}

/// Rows without gaps that fill no vector, seen as fewer and longer ones.
STEMWRIGHT_INLINE void lengthen(std::size_t& stride, std::size_t& rows, std::size_t& cols) {
  constexpr std::size_t kLong = 1024;
  if (stride != cols || cols == 0 || cols >= 4 * kLanes) return;
  std::size_t factor = 1;
  while (cols * factor < kLong && rows % (2 * factor) == 0) factor *= 2;
  rows /= factor;
  stride = cols *= factor;
}

Moments moments(const float* x, std::size_t stride, std::size_t rows, std::size_t cols) {
  constexpr std::size_t kBlockRows = 64;
  Moments all;
  if (cols == 0) return all;
  lengthen(stride, rows, cols);
  for (std::size_t r = 0; r < rows; r += kBlockRows) {
    const std::size_t block = rows - r < kBlockRows ? rows - r : kBlockRows;
    const float shift = x[r * stride];
    const BlockSums sums = blockSums(x + r * stride, stride, block, cols, shift);
    const double count = static_cast<double>(block) * static_cast<double>(cols);
    const double mean = sums.sum / count;
    const double m2 = sums.squares - sums.sum * mean;
    const double total = all.count + count;
    const double delta = static_cast<double>(shift) + mean - all.mean;
    all.mean += delta * count / total;
    all.m2 += (m2 > 0 ? m2 : 0) + delta * delta * all.count * count / total;
    all.count = total;
  }
  return all;
}

Moments momentsStandard(const float* x, std::size_t stride, std::size_t rows, std::size_t cols) {
  lengthen(stride, rows, cols);
  V total0 = zero(), total1 = zero(), squares0 = zero(), squares1 = zero();
  float tail = 0;
  float tailSquares = 0;
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = x + r * stride;
    std::size_t c = 0;
    for (; c + 2 * kLanes <= cols; c += 2 * kLanes) {
      const V v0 = load(row + c);
      const V v1 = load(row + c + kLanes);
      total0 = total0 + v0;
      total1 = total1 + v1;
      squares0 = fma(v0, v0, squares0);
      squares1 = fma(v1, v1, squares1);
    }
    for (; c < cols; ++c) {
      tail += row[c];
      tailSquares += row[c] * row[c];
    }
  }
  const float count = static_cast<float>(rows * cols);
  if (count == 0) return {};
  const float mean = (sum(total0 + total1) + tail) / count;
  const float m2 = sum(squares0 + squares1) + tailSquares - mean * mean * count;
  return {static_cast<double>(rows * cols), mean, m2 > 0 ? m2 : 0};
}

/// A sum and what its last roundings lost; V or float.
template <typename T>
struct Compensated {
  T sum;
  T lost;
};

template <typename T>
STEMWRIGHT_INLINE void add(Compensated<T>& to, T value) {
  const T term = value - to.lost;
  const T next = to.sum + term;
  to.lost = (next - to.sum) - term;
  to.sum = next;
}

/// All lanes together, with what each still lacks.
STEMWRIGHT_INLINE double whole(const Compensated<V>& of) {
  float sums[kLanes];
  float lost[kLanes];
  store(sums, of.sum);
  store(lost, of.lost);
  double total = 0;
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    total += static_cast<double>(sums[lane]) - static_cast<double>(lost[lane]);
  }
  return total;
}

Moments momentsKahan(const float* x, std::size_t stride, std::size_t rows, std::size_t cols) {
  if (rows == 0 || cols == 0) return {};
  lengthen(stride, rows, cols);
  const float shift = x[0];
  const V s = set1(shift);
  Compensated<V> total{zero(), zero()};
  Compensated<V> squares{zero(), zero()};
  Compensated<float> tail{0, 0};
  Compensated<float> tailSquares{0, 0};
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = x + r * stride;
    std::size_t c = 0;
    for (; c + kLanes <= cols; c += kLanes) {
      const V d = load(row + c) - s;
      add(total, d);
      add(squares, d * d);
    }
    for (; c < cols; ++c) {
      const float d = row[c] - shift;
      add(tail, d);
      add(tailSquares, d * d);
    }
  }
  const double count = static_cast<double>(rows) * static_cast<double>(cols);
  const double offset = (whole(total) + static_cast<double>(tail.sum)) / count;
  const double m2 = whole(squares) + static_cast<double>(tailSquares.sum) - offset * offset * count;
  return {count, static_cast<double>(shift) + offset, m2 > 0 ? m2 : 0};
}

/// kVectors columns of vectors at c, of which the last may be narrower when there is but one.
template <int kVectors>
STEMWRIGHT_INLINE void sumTile(const float* x, std::size_t stride, std::size_t rows, std::size_t n,
                               const float* shift, float* sums, float* squares) {
  const auto width = [n](int v) { return v + 1 == kVectors ? n : kLanes; };
  V s[kVectors], total[kVectors], square[kVectors];
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    s[v] = part(shift + static_cast<std::size_t>(v) * kLanes, width(v));
    total[v] = square[v] = zero();
  }
  for (std::size_t r = 0; r < rows; ++r) {
    const float* row = x + r * stride;
    STEMWRIGHT_UNROLL
    for (int v = 0; v < kVectors; ++v) {
      const V d = part(row + static_cast<std::size_t>(v) * kLanes, width(v)) - s[v];
      total[v] = total[v] + d;
      square[v] = fma(d, d, square[v]);
    }
  }
  STEMWRIGHT_UNROLL
  for (int v = 0; v < kVectors; ++v) {
    put(sums + static_cast<std::size_t>(v) * kLanes, total[v], width(v));
    put(squares + static_cast<std::size_t>(v) * kLanes, square[v], width(v));
  }
}

void columnSums(const float* x, std::size_t stride, std::size_t rows, std::size_t cols,
                const float* shift, float* sums, float* squares) {
  std::size_t c = 0;
  for (; c + 4 * kLanes <= cols; c += 4 * kLanes) {
    sumTile<4>(x + c, stride, rows, kLanes, shift + c, sums + c, squares + c);
  }
  if (c + 2 * kLanes < cols) {
    const std::size_t n = cols - c - 2 * kLanes;
    sumTile<3>(x + c, stride, rows, n < kLanes ? n : kLanes, shift + c, sums + c, squares + c);
    c += 3 * kLanes;
  }
  for (; c < cols; c += kLanes) {
    const std::size_t n = cols - c < kLanes ? cols - c : kLanes;
    sumTile<1>(x + c, stride, rows, n, shift + c, sums + c, squares + c);
  }
}

void applyColumns(float* x, std::size_t stride, std::size_t rows, std::size_t cols,
                  const float* high, const float* low, const float* scale, const float* bias) {
  for (std::size_t c = 0; c < cols; c += kLanes) {
    const std::size_t n = cols - c < kLanes ? cols - c : kLanes;
    const V h = part(high + c, n), l = part(low + c, n), s = part(scale + c, n);
    const V b = part(bias + c, n);
    for (std::size_t r = 0; r < rows; ++r) {
      float* const at = x + r * stride + c;
      put(at, fma((part(at, n) - h) - l, s, b), n);
    }
  }
}

/// The mean as two floats, so that x - mean is exact to float's own precision.
struct Centre {
  V high;
  V low;
};

STEMWRIGHT_INLINE Centre centreOf(double mean) {
  const float high = static_cast<float>(mean);
  return {set1(high), set1(static_cast<float>(mean - static_cast<double>(high)))};
}

STEMWRIGHT_INLINE V normalised(V x, const Centre& centre, V inverseStd, V weight, V bias) {
  return fma(((x - centre.high) - centre.low) * inverseStd, weight, bias);
}

template <typename Op>
STEMWRIGHT_INLINE void eachVector(std::size_t cols, Op op) {
  std::size_t c = 0;
  for (; c + kLanes <= cols; c += kLanes) op(c, kLanes);
  if (c < cols) op(c, cols - c);
}

template <bool kActivate>
STEMWRIGHT_INLINE void applyRows(const NormCall& call) {
  const Centre centre = centreOf(call.mean);
  const V inverse = set1(static_cast<float>(call.inverseStd));
  for (std::size_t r = 0; r < call.rows; ++r) {
    const float* x = call.x + r * call.xStride;
    float* out = call.out + r * call.outStride;
    eachVector(call.cols, [&](std::size_t c, std::size_t n) {
      V y = normalised(part(x + c, n), centre, inverse, part(call.weight + c, n),
                       part(call.bias + c, n));
      if constexpr (kActivate) y = gelu(y);
      put(out + c, y, n);
    });
  }
}

/// The same for rows without gaps that fill no vector: weights and biases repeat until they do.
template <bool kActivate>
STEMWRIGHT_INLINE bool applyFlat(const NormCall& call) {
  constexpr std::size_t kMost = 256;
  const std::size_t cols = call.cols;
  std::size_t period = cols;
  while (period % kLanes != 0 && period <= kMost) period += cols;
  if (call.xStride != cols || call.outStride != cols || cols % kLanes == 0 || period > kMost) {
    return false;
  }
  float weight[kMost];
  float bias[kMost];
  for (std::size_t i = 0; i < period; ++i) {
    weight[i] = call.weight[i % cols];
    bias[i] = call.bias[i % cols];
  }
  const std::size_t all = call.rows * cols;
  for (std::size_t first = 0; first < all; first += period) {
    NormCall row = call;
    row.x += first;
    row.out += first;
    row.rows = 1;
    row.cols = all - first < period ? all - first : period;
    row.weight = weight;
    row.bias = bias;
    applyRows<kActivate>(row);
  }
  return true;
}

void apply(const NormCall& call) {
  if (!applyFlat<false>(call)) applyRows<false>(call);
}
void applyGelu(const NormCall& call) {
  if (!applyFlat<true>(call)) applyRows<true>(call);
}

double spread(const SpreadCall& call) {
  constexpr std::size_t kRows = 8;  // of gram, at a time
  const std::size_t stride = spreadStride(call.cols);
  for (std::size_t c = 0; c < stride; c += kLanes) {
    const std::size_t left = c < call.cols ? call.cols - c : 0;
    const std::size_t valid = left < kLanes ? left : kLanes;
    const V shift = load(call.shift + c);
    V sums = zero();
    for (std::size_t r = 0; r < call.rows; ++r) {
      const V d = part(call.x + r * call.stride + c, valid) - shift;
      store(call.scratch + r * stride + c, d);
      sums = sums + d;
    }
    store(call.sums + c, sums);
  }
  double all = 0;
  for (std::size_t first = 0; first < call.cols; first += kRows) {
    for (std::size_t c = 0; c < stride; c += kLanes) {
      V products[kRows];
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kRows; ++i) products[i] = zero();
      for (std::size_t r = 0; r < call.rows; ++r) {
        const float* d = call.scratch + r * stride;
        const V columns = load(d + c);
        STEMWRIGHT_UNROLL
        for (std::size_t i = 0; i < kRows; ++i) {
          products[i] = fma(set1(d[first + i]), columns, products[i]);
        }
      }
      V total = zero();
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kRows; ++i) {
        total = fma(products[i], load(call.gram + (first + i) * stride + c), total);
      }
      all += static_cast<double>(sum(total));
    }
  }
  return all;
}

void layerNorm(const NormCall& call, float epsilon) {
  for (std::size_t r = 0; r < call.rows; ++r) {
    NormCall row = call;
    row.x = call.x + r * call.xStride;
    row.out = call.out + r * call.outStride;
    row.rows = 1;
    const Moments m = moments(row.x, call.xStride, 1, call.cols);
    row.mean = m.mean;
    row.inverseStd = 1.0 / __builtin_sqrt(m.m2 / m.count + static_cast<double>(epsilon));
    applyRows<false>(row);
  }
}

constexpr NormKernels kNorm{moments,      momentsStandard, momentsKahan, spread,   columnSums,
                            applyColumns, apply,           applyGelu,    layerNorm};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
