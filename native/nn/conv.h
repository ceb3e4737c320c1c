#pragma once

#include <cstddef>

#include "core/tensor.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/packed_matrix.h"

namespace stemwright::nn {

/// A convolution over [height, width, channels]: channels innermost, width the time axis, height
/// the frequency axis. One-dimensional ones have height 1; a linear layer is a 1 x 1 kernel.
struct ConvShape {
  std::size_t in = 1;   ///< channels read
  std::size_t out = 1;  ///< channels computed; glu halves them
  std::size_t kernelHeight = 1;
  std::size_t kernelWidth = 1;
  std::size_t strideHeight = 1;
  std::size_t strideWidth = 1;
  std::size_t dilationWidth = 1;
  std::size_t paddingHeight = 0;  ///< zeros on either side
  std::size_t paddingWidth = 0;

  /// Positions of the output; 0 where the input and its padding are smaller than the kernel.
  std::size_t outHeight(std::size_t height) const {
    return positions(height + 2 * paddingHeight, kernelHeight, strideHeight);
  }
  std::size_t outWidth(std::size_t width) const {
    return positions(width + 2 * paddingWidth, dilationWidth * (kernelWidth - 1) + 1, strideWidth);
  }

 private:
  static std::size_t positions(std::size_t padded, std::size_t reach, std::size_t stride) {
    return padded < reach ? 0 : (padded - reach) / stride + 1;
  }
};

/// How far apart rows of so many numbers lie best: a cache line more where whole pages would let
/// the rows of one tile meet in the same sets of the first-level cache.
constexpr std::size_t pitchOf(std::size_t numbers) {
  return numbers % 1024 == 0 ? numbers + 16 : numbers;
}

/// What happens to a result before it is stored; see kernels::GemmCall.
struct Epilogue {
  kernels::Activation activation = kernels::Activation::kNone;
  const float* scale = nullptr;
  const float* residual = nullptr;  ///< laid out as the output
  const float* gain = nullptr;  ///< of what is summed, before the bias; as PackedMatrix::placeOf
  const float* bias = nullptr;  ///< in place of the layer's own; as PackedMatrix::placeOf
};

/// Convolution as a product of shifted rows with packed weights: no im2col, no padded copy.
/// Immutable after construction. [thread-safe: const]
class Conv {
 public:
  Conv() = default;

  /// Taps of the largest kernel, height times width.
  static constexpr std::size_t kMostTaps = 128;

  /// @param shape  of at most kMostTaps taps
  /// @param weight PyTorch's [out, in, kernelHeight * kernelWidth]
  /// @param bias   [out] or null
  Conv(const kernels::Kernels& kernels, const ConvShape& shape, bool glu, const float* weight,
       const float* bias);

  /// Phase of a transposed convolution whose kernel is a multiple of its stride: output q * stride
  /// + phase of the uncropped result, as a plain convolution with stride 1.
  /// @param weight PyTorch's [in, out, kernel], bias [out]
  static Conv transposedHeightPhase(const kernels::Kernels& kernels, std::size_t in,
                                    std::size_t out, std::size_t kernel, std::size_t stride,
                                    std::size_t phase, const float* weight, const float* bias);
  /// All phases at once: row q of the result holds outputs q * stride … q * stride + stride - 1.
  static Conv transposedWidth(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                              std::size_t kernel, std::size_t stride, const float* weight,
                              const float* bias);

  const ConvShape& shape() const noexcept { return shape_; }
  /// Channels stored per position.
  std::size_t outChannels() const noexcept { return packed_.view().outCols; }
  std::size_t bytes() const noexcept { return packed_.bytes(); }
  /// Keeps the weights in 16 bits from now on; forward() then needs scratch, and row() is not to be
  /// called. Before any other use; with float kernels.
  void narrow(kernels::WeightType type) { packed_.narrow(type); }
  /// Floats that forward() widens weights in; 0 where they are in float.
  std::size_t scratchSize() const noexcept {
    return packed_.isNarrow() ? packed_.panelFloats() : 0;
  }
  const PackedMatrix& weights() const noexcept { return packed_; }
  /// Positions lie so many numbers apart from now on, those read and those written; otherwise as
  /// many as they have channels. Before any other use.
  void space(std::size_t in, std::size_t out) noexcept {
    inPitch_ = in;
    outPitch_ = out;
  }
  std::size_t outPitch() const noexcept { return outPitch_; }

  /// Output columns [begin, end) of output row `row`.
  /// @param x        [height, width, in]
  /// @param out      where column 0 of this row lies
  /// @param epilogue its residual too points at column 0 of this row
  /// One thread.
  void row(const float* x, std::size_t height, std::size_t width, std::size_t row,
           std::size_t begin, std::size_t end, float* out, const Epilogue& epilogue) const;

  /// The whole output [outHeight, outWidth, outChannels], shared among the pool.
  void forward(const float* x, std::size_t height, std::size_t width, float* out,
               const Epilogue& epilogue, core::ThreadPool& pool, float* scratch = nullptr) const {
    forward(x, height, width, shape_.outWidth(width), out, epilogue, pool, scratch);
  }
  /// The same with a number of output columns of the caller's: taps beyond the input meet zeros.
  /// @param scratch scratchSize() floats, on a cache line
  void forward(const float* x, std::size_t height, std::size_t width, std::size_t columns,
               float* out, const Epilogue& epilogue, core::ThreadPool& pool,
               float* scratch = nullptr) const;

  /// Output columns that one task takes at most.
  std::size_t chunk() const noexcept { return kernels_->weightGemm.rowBlock * 8; }

 private:
  /// Output columns [begin, end) of one row of the output of x [height, width, in].
  struct Position {
    const float* x;
    std::size_t height, width, row, begin, end;
  };
  /// Output channels, by the panels of the weights that give them.
  struct Panels {
    std::size_t first, count;
  };

  Conv(const kernels::Kernels& kernels, const ConvShape& shape, PackedMatrix packed);
  void rowPanels(const Position& at, const Panels& panels, const kernels::PackedGemm& weights,
                 float* out, const Epilogue& epilogue) const;

  const kernels::Kernels* kernels_ = nullptr;
  ConvShape shape_;
  PackedMatrix packed_;
  std::size_t inPitch_ = 0;
  std::size_t outPitch_ = 0;
};

}  // namespace stemwright::nn
