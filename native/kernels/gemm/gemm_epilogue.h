// What happens to a product before it is stored.
#pragma once

#include "kernels/activation_impl.h"
#include "kernels/gemm/gemm.h"
#include "kernels/simd.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

STEMWRIGHT_INLINE void finish(const GemmCall& call, V value, std::size_t row, std::size_t column,
                              std::size_t count) {
  float* out = call.out + row * call.outStride + column;
  if (call.scale != nullptr) value = value * loadPartial(call.scale + column, count);
  if (call.residual != nullptr) {
    value = value + loadPartial(call.residual + row * call.residualStride + column, count);
  }
  storePartial(out, value, count);
}

STEMWRIGHT_INLINE void finishFull(const GemmCall& call, V value, std::size_t row,
                                  std::size_t column) {
  float* out = call.out + row * call.outStride + column;
  if (call.scale != nullptr) value = value * load(call.scale + column);
  if (call.residual != nullptr) {
    value = value + load(call.residual + row * call.residualStride + column);
  }
  store(out, value);
}

STEMWRIGHT_INLINE void write(const GemmCall& call, V value, std::size_t row, std::size_t column) {
  const std::size_t left = call.weights->outCols - column;
  if (left >= kLanes) {
    finishFull(call, value, row, column);
  } else {
    finish(call, value, row, column, left);
  }
}

/// Activates and stores a tile of sums.
template <std::size_t kRows, std::size_t kVectors>
STEMWRIGHT_INLINE void writeTile(const GemmCall& call, V (&acc)[kRows][kVectors], std::size_t row,
                                 std::size_t column) {
  if constexpr (kVectors == 2) {
    if (call.activation == Activation::kGlu) {
      STEMWRIGHT_UNROLL
      for (std::size_t i = 0; i < kRows; ++i) {
        write(call, acc[i][0] * sigmoid(acc[i][1]), row + i, column);
      }
      return;
    }
  }
  const bool activate = call.activation == Activation::kGelu;
  STEMWRIGHT_UNROLL
  for (std::size_t i = 0; i < kRows; ++i) {
    STEMWRIGHT_UNROLL
    for (std::size_t j = 0; j < kVectors; ++j) {
      const V value = activate ? gelu(acc[i][j]) : acc[i][j];
      write(call, value, row + i, column + j * kLanes);
    }
  }
}

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
