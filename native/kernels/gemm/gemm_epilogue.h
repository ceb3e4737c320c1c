// What happens to a product before it is stored.
#pragma once

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

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
