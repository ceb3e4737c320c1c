#pragma once

#include <cstddef>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"

namespace stemwright::nn {

/// A convolution along one axis, by Winograd's F(4, 2) or F(4, 3) in float, weights transformed at
/// load, where it has the shape and the depth for it; else directly. What serves: kernel 3 with
/// stride 1, and kernels of twice their stride, whose taps are two of whole strides; transposed or
/// not. Rounding grows with the transforms; native/tests/nn bounds it.
/// Immutable after construction. [thread-safe: const]
class LineConv {
 public:
  LineConv() = default;

  /// @param shape  of height 1 @param weight, bias as of Conv
  LineConv(const kernels::Kernels& kernels, const ConvShape& shape, bool glu, const float* weight,
           const float* bias);
  /// All phases at once, as Conv::transposedWidth.
  static LineConv transposed(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                             std::size_t kernel, std::size_t stride, const float* weight,
                             const float* bias);

  const ConvShape& shape() const noexcept { return shape_; }
  bool isWinograd() const noexcept { return taps_ != 0; }
  std::size_t outChannels() const noexcept;
  std::size_t bytes() const noexcept { return direct_.bytes() + packed_.bytes(); }
  /// Floats a worker.
  std::size_t scratchSize() const noexcept;

  /// x [width, in] to out [columns, outChannels]; taps beyond the input meet zeros.
  /// @param epilogue activation and residual, nothing else
  /// @param scratch  scratchSize() floats a worker, `stride` apart
  void forward(const float* x, std::size_t width, std::size_t columns, float* out,
               const Epilogue& epilogue, float* scratch, std::size_t stride,
               core::ThreadPool& pool) const;

 private:
  struct Buffers;
  struct Line;
  /// @param weightAt float(tap, k, column): of `taps` taps of `depth` numbers
  template <typename WeightAt, typename BiasAt>
  void transform(const kernels::Kernels& kernels, std::size_t taps, std::size_t depth,
                 std::size_t columns, bool glu, WeightAt&& weightAt, BiasAt&& biasAt);
  Buffers carve(float* scratch) const;
  const float* inputOf(const Line& line, std::size_t first, std::size_t tiles, float* copy) const;
  void multiply(const Line& line, std::size_t first, std::size_t outputs, std::size_t firstPanel,
                std::size_t panels, float* scratch) const;

  const kernels::Kernels* kernels_ = nullptr;
  ConvShape shape_;
  Conv direct_;           ///< unless by Winograd
  std::size_t taps_ = 0;  ///< of Winograd's; 0: direct
  std::size_t lead_ = 0;  ///< numbers of the first tap that lie before the input
  PackedMatrix packed_;   ///< taps are the points
  core::AlignedBuffer<float> zeros_;
};

}  // namespace stemwright::nn
