#pragma once

#include <cstddef>
#include <optional>

#include "core/aligned.h"
#include "nn/conv.h"

namespace stemwright::nn {

/// How a one-dimensional convolution is computed.
enum class ConvVariant {
  kDirect,  ///< one channel: vectors of neighbouring outputs, tap by tap
  kVector,  ///< few outputs: vectors along the window, which lies in one piece
  kTiled,   ///< products of shifted rows with packed weights, many outputs at once
};

/// A convolution over [steps, channels], in the variant that is fastest for its shape.
/// Immutable after construction. [thread-safe: const]
class Conv1d {
 public:
  /// By shape and lanes; measured in bench/network_benchmarks.cpp.
  static ConvVariant variantFor(const ConvShape& shape, bool glu, std::size_t lanes) noexcept;

  /// @param shape  height 1, of at most Conv::kMostTaps taps
  /// @param weight PyTorch's [out, in, kernel] @param bias [out] or null
  /// @param type   in 16 bits it is always tiled
  /// @param forced another variant than the shape's own, which must be able to compute it
  Conv1d(const kernels::Kernels& kernels, const ConvShape& shape, kernels::Activation activation,
         const float* weight, const float* bias,
         kernels::WeightType type = kernels::WeightType::kFp32,
         std::optional<ConvVariant> forced = std::nullopt);

  ConvVariant variant() const noexcept { return variant_; }
  const ConvShape& shape() const noexcept { return shape_; }
  std::size_t outChannels() const noexcept;
  std::size_t bytes() const noexcept;
  std::size_t scratchSize() const noexcept { return tiled_.scratchSize(); }

  /// Allocates nothing. @param x [steps, in], must not overlap out @param scratch scratchSize()
  void forward(const float* x, std::size_t steps, float* out, core::ThreadPool& pool,
               float* scratch) const;
  /// Outputs [begin, end) without the activation, on one thread; not of a tiled one.
  /// @param slack floats behind x that may be read, whatever they are @param out of `begin`
  void columns(const float* x, std::size_t steps, std::size_t slack, std::size_t begin,
               std::size_t end, float* out) const;

 private:
  void windows(const float* x, std::size_t steps, std::size_t begin, std::size_t end,
               float* out) const;
  void direct(const float* x, std::size_t steps, std::size_t slack, std::size_t begin,
              std::size_t end, float* out) const;

  const kernels::Kernels* kernels_;
  ConvShape shape_;
  kernels::Activation activation_;
  ConvVariant variant_;
  Conv tiled_;
  core::AlignedBuffer<float> weights_;  ///< [out, kernel, in]; direct: backwards
  core::AlignedBuffer<float> bias_;
};

}  // namespace stemwright::nn
