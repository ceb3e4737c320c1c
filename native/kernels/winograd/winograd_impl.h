#pragma once

#include "kernels/activation_impl.h"
#include "kernels/simd.h"
#include "kernels/winograd/winograd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

/// out = B' in: points 0, 1, -1, 2, -2 and infinity.
STEMWRIGHT_INLINE void inputPoints(const V* in, V* out) {
  const V a = fma(set1(-4.0f), in[2], in[4]);
  const V b = fma(set1(-4.0f), in[1], in[3]);
  const V c = in[4] - in[2];
  const V d = (in[3] - in[1]) + (in[3] - in[1]);
  out[0] = fma(set1(4.0f), in[0], fma(set1(-5.0f), in[2], in[4]));
  out[1] = a + b;
  out[2] = a - b;
  out[3] = c + d;
  out[4] = c - d;
  out[5] = fma(set1(4.0f), in[1], fma(set1(-5.0f), in[3], in[5]));
}

/// out = A' in.
STEMWRIGHT_INLINE void outputPoints(const V* in, V* out) {
  const V sum1 = in[1] + in[2];
  const V difference1 = in[1] - in[2];
  const V sum2 = in[3] + in[4];
  const V difference2 = in[3] - in[4];
  out[0] = in[0] + sum1 + sum2;
  out[1] = fma(set1(2.0f), difference2, difference1);
  out[2] = fma(set1(4.0f), sum2, sum1);
  out[3] = fma(set1(8.0f), difference2, difference1) + in[5];
}

/// The 36 inputs of one tile; what lies outside the image reads zeros.
struct TileInputs {
  const float* at[kWinogradPoints];
};

STEMWRIGHT_INLINE TileInputs inputsOf(const WinogradInput& call, std::size_t tile) {
  TileInputs inputs;
  for (std::size_t i = 0; i < kWinogradPoints; ++i) {
    const std::size_t row = call.row + i / kWinogradIn;  // one too high, so that it is not negative
    const std::size_t column = call.column + tile * kWinogradOut + i % kWinogradIn;
    const bool inside = row >= 1 && row <= call.height && column >= 1 && column <= call.width;
    inputs.at[i] =
        inside ? call.x + ((row - 1) * call.width + column - 1) * call.channels : call.zeros;
  }
  return inputs;
}

void transformInput(const WinogradInput& call) {
  for (std::size_t tile = 0; tile < call.tiles; ++tile) {
    const TileInputs inputs = inputsOf(call, tile);
    float* const out = call.out + tile * call.channels;
    for (std::size_t c = 0; c < call.channels; c += kLanes) {
      const std::size_t left = call.channels - c;
      const std::size_t count = left < kLanes ? left : kLanes;
      V half[kWinogradPoints];  // transformed along the columns: [column][point]
      for (std::size_t x = 0; x < kWinogradIn; ++x) {
        V column[kWinogradIn];
        STEMWRIGHT_UNROLL
        for (std::size_t y = 0; y < kWinogradIn; ++y) {
          column[y] = part(inputs.at[y * kWinogradIn + x] + c, count);
        }
        inputPoints(column, half + x * kWinogradIn);
      }
      for (std::size_t y = 0; y < kWinogradIn; ++y) {
        V row[kWinogradIn];
        V points[kWinogradIn];
        STEMWRIGHT_UNROLL
        for (std::size_t x = 0; x < kWinogradIn; ++x) row[x] = half[x * kWinogradIn + y];
        inputPoints(row, points);
        STEMWRIGHT_UNROLL
        for (std::size_t x = 0; x < kWinogradIn; ++x) {
          put(out + (y * kWinogradIn + x) * call.pointStride + c, points[x], count);
        }
      }
    }
  }
}

/// 4 x 4 sums of one tile's products of one vector of columns.
STEMWRIGHT_INLINE void tileOutputs(const float* products, std::size_t pointStride, V bias, V* out) {
  V half[kWinogradOut * kWinogradIn];  // [row][column]
  for (std::size_t x = 0; x < kWinogradIn; ++x) {
    V column[kWinogradIn];
    V sums[kWinogradOut];
    STEMWRIGHT_UNROLL
    for (std::size_t y = 0; y < kWinogradIn; ++y) {
      column[y] = load(products + (y * kWinogradIn + x) * pointStride);
    }
    outputPoints(column, sums);
    STEMWRIGHT_UNROLL
    for (std::size_t y = 0; y < kWinogradOut; ++y) half[y * kWinogradIn + x] = sums[y];
  }
  for (std::size_t y = 0; y < kWinogradOut; ++y) {
    V* const row = out + y * kWinogradOut;
    outputPoints(half + y * kWinogradIn, row);
    STEMWRIGHT_UNROLL
    for (std::size_t x = 0; x < kWinogradOut; ++x) row[x] = row[x] + bias;
  }
}

void finishGlu(const WinogradOutput& call) {
  const std::size_t rows =
      call.height - call.row < kWinogradOut ? call.height - call.row : kWinogradOut;
  for (std::size_t tile = 0; tile < call.tiles; ++tile) {
    const float* products = call.products + tile * 2 * kLanes;
    V value[kWinogradOut * kWinogradOut];
    V gate[kWinogradOut * kWinogradOut];
    tileOutputs(products, call.pointStride, load(call.bias), value);
    tileOutputs(products + kLanes, call.pointStride, load(call.bias + kLanes), gate);
    const std::size_t column = call.column + tile * kWinogradOut;
    const std::size_t columns =
        call.width - column < kWinogradOut ? call.width - column : kWinogradOut;
    for (std::size_t y = 0; y < rows; ++y) {
      float* out = call.out + ((call.row + y) * call.width + column) * call.channels;
      for (std::size_t x = 0; x < columns; ++x) {
        const std::size_t i = y * kWinogradOut + x;
        put(out + x * call.channels, value[i] * sigmoid(gate[i]), call.count);
      }
    }
  }
}

/// out = B' in with two taps: points 0, 1, -1, 2 and infinity.
STEMWRIGHT_INLINE void shortInputPoints(const V* in, V* out) {
  const V two = set1(2.0f);
  const V outer = in[3] - in[1];
  out[0] = fma(two, in[0] - in[2], outer);
  out[1] = (in[3] - in[2]) - (in[1] + in[1]);
  out[2] = fma(two, in[1], fma(set1(-3.0f), in[2], in[3]));
  out[3] = outer;
  out[4] = (in[4] - in[2]) - (outer + outer);
}

/// out = A' in with two taps.
STEMWRIGHT_INLINE void shortOutputPoints(const V* in, V* out) {
  const V sum = in[1] + in[2];
  const V difference = in[1] - in[2];
  out[0] = in[0] + sum + in[3];
  out[1] = fma(set1(2.0f), in[3], difference);
  out[2] = fma(set1(4.0f), in[3], sum);
  out[3] = fma(set1(8.0f), in[3], difference) + in[4];
}

template <std::size_t kTaps>
void transformLineOf(const WinogradLineInput& call) {
  constexpr std::size_t kPoints = linePoints(kTaps);
  for (std::size_t tile = 0; tile < call.tiles; ++tile) {
    float* const out = call.out + tile * call.outStride;
    for (std::size_t c = 0; c < call.depth; c += kLanes) {
      const std::size_t left = call.depth - c;
      const std::size_t count = left < kLanes ? left : kLanes;
      const std::size_t at = tile * call.tileStride + c;
      V in[kPoints];
      V points[kPoints];
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kPoints; ++i) {
        in[i] = call.inputs[i] == nullptr ? zero() : part(call.inputs[i] + at, count);
      }
      if constexpr (kTaps == 2) {
        shortInputPoints(in, points);
      } else {
        inputPoints(in, points);
      }
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kPoints; ++i)
        put(out + i * call.pointStride + c, points[i], count);
    }
  }
}

void transformLine(const WinogradLineInput& call) {
  call.taps == 2 ? transformLineOf<2>(call) : transformLineOf<3>(call);
}

/// 4 sums of one tile's products of one vector of columns.
template <std::size_t kTaps>
STEMWRIGHT_INLINE void lineOutputs(const float* products, std::size_t pointStride, V bias, V* out) {
  constexpr std::size_t kPoints = linePoints(kTaps);
  V in[kPoints];
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kPoints; ++i) in[i] = load(products + i * pointStride);
  if constexpr (kTaps == 2) {
    shortOutputPoints(in, out);
  } else {
    outputPoints(in, out);
  }
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kWinogradOut; ++i) out[i] = out[i] + bias;
}

STEMWRIGHT_INLINE void putLine(const WinogradLineOutput& call, std::size_t at, V value,
                               std::size_t count) {
  if (call.residual != nullptr) value = value + part(call.residual + at, count);
  put(call.out + at, value, count);
}

template <std::size_t kTaps>
void finishLineOf(const WinogradLineOutput& call) {
  const bool hasSecond = call.activation == Activation::kGlu || call.count > kLanes;
  const std::size_t first = call.count < kLanes ? call.count : kLanes;
  for (std::size_t tile = 0; tile < call.tiles; ++tile) {
    const float* const products = call.products + tile * 2 * kLanes;
    V value[kWinogradOut];
    V second[kWinogradOut];
    lineOutputs<kTaps>(products, call.pointStride, load(call.bias), value);
    if (hasSecond) {
      lineOutputs<kTaps>(products + kLanes, call.pointStride, load(call.bias + kLanes), second);
    }
    for (std::size_t i = 0; i < call.outputs; ++i) {
      const std::size_t at = tile * call.tileStride + i * call.stride;
      if (call.activation == Activation::kGlu) {
        putLine(call, at, value[i] * sigmoid(second[i]), first);
        continue;
      }
      const bool activate = call.activation == Activation::kGelu;
      putLine(call, at, activate ? gelu(value[i]) : value[i], first);
      if (hasSecond) {
        putLine(call, at + kLanes, activate ? gelu(second[i]) : second[i], call.count - kLanes);
      }
    }
  }
}

void finishLine(const WinogradLineOutput& call) {
  call.taps == 2 ? finishLineOf<2>(call) : finishLineOf<3>(call);
}

constexpr WinogradKernels kWinograd{transformInput, finishGlu, transformLine, finishLine};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
