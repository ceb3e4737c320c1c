#pragma once

#include <cstddef>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"

namespace stemwright::nn {

/// A 3 x 3 convolution with GLU, padded by one so that the output is as large as the input, by
/// Winograd's F(4 x 4, 3 x 3): a quarter of the products, weights transformed at load. Rounding
/// grows with the transforms; native/tests/nn bounds it.
/// Immutable after construction. [thread-safe: const]
class WinogradConv {
 public:
  WinogradConv() = default;

  /// Whether it computes this convolution, and in float.
  static bool serves(const kernels::Kernels& kernels, const ConvShape& shape);

  /// @param shape  one that it serves
  /// @param weight PyTorch's [out, in, 3, 3], bias [out]; the first half are values, then gates
  WinogradConv(const kernels::Kernels& kernels, const ConvShape& shape, const float* weight,
               const float* bias);

  const ConvShape& shape() const noexcept { return shape_; }
  std::size_t bytes() const noexcept { return packed_.bytes(); }

  /// Floats that all workers share, for one image or several.
  std::size_t tilesSize(std::size_t height, std::size_t width) const noexcept;
  /// Floats a worker.
  std::size_t scratchSize() const noexcept;

  /// x [height, width, in] to out [height, width, out / 2].
  /// @param tiles   tilesSize(height, width) floats
  /// @param scratch scratchSize() floats a worker, `stride` apart
  void forward(const float* x, std::size_t height, std::size_t width, float* out, float* tiles,
               float* scratch, std::size_t stride, core::ThreadPool& pool) const;

 private:
  struct Band;
  Band bandOf(std::size_t height, std::size_t width) const;
  struct Chunk;
  bool hasFewWeights() const noexcept;
  std::size_t productsSize() const noexcept;
  void transformInput(const float* x, const Band& band, const Chunk& chunk, float* points,
                      std::size_t pointStride) const;
  void multiply(const Band& band, const Chunk& chunk, std::size_t firstPanel, std::size_t panels,
                const float* points, std::size_t pointStride, float* products, float* out) const;
  void forwardAlone(const float* x, const Band& band, float* out, float* scratch,
                    std::size_t stride, core::ThreadPool& pool) const;

  const kernels::Kernels* kernels_ = nullptr;
  ConvShape shape_;
  PackedMatrix packed_;  ///< taps are the 36 points
  core::AlignedBuffer<float> zeros_;
};

}  // namespace stemwright::nn
