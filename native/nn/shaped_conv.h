#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "nn/conv1d.h"

namespace stemwright::nn {

/// A convolution over [height, width, channels], in the variant that is fastest for its shape: by
/// its rows, each a convolution of one dimension, or tiled as a whole.
/// Immutable after construction. [thread-safe: const]
class ShapedConv {
 public:
  /// @param shape  of at most Conv::kMostTaps taps
  /// @param weight PyTorch's [out, in, kernelHeight, kernelWidth] @param bias [out] or null
  /// @param forced another variant than the shape's own, which must be able to compute its rows
  ShapedConv(const kernels::Kernels& kernels, const ConvShape& shape, const float* weight,
             const float* bias, std::optional<ConvVariant> forced = std::nullopt);

  ConvVariant variant() const noexcept { return variant_; }
  const ConvShape& shape() const noexcept { return shape_; }

  /// Allocates nothing. @param x [height, width, in], must not overlap out
  /// @param out [outHeight, outWidth, out]
  void forward(const float* x, std::size_t height, std::size_t width, float* out,
               core::ThreadPool& pool) const;

 private:
  void block(const float* x, std::size_t height, std::size_t width, std::size_t row,
             std::size_t begin, std::size_t end, float* out) const;

  const kernels::Kernels* kernels_;
  ConvShape shape_;
  ConvVariant variant_;
  Conv tiled_;
  std::vector<Conv1d> rows_;  ///< of the kernel, from above; a single one adds the bias itself
  std::vector<float> bias_;
};

}  // namespace stemwright::nn
