#pragma once

#include <cstddef>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"
#include "nn/norm.h"

namespace stemwright::nn {

/// Demucs' residual branch: for each layer d, x += scale *
/// glu(norm(expand(gelu(norm(squeeze(x)))))) with squeeze a dilated convolution of kernel 3,
/// dilation 2^d, and expand a 1 x 1. Source: Défossez 2021, "Hybrid Spectrogram and Waveform Source
/// Separation", DConv.
///
/// The second norm's statistics follow from the hidden rows' own: what they expand to is linear in
/// them. So it is computed once, and normalised, gated, scaled and added before it is stored.
class DConv {
 public:
  struct Layer {
    Conv squeeze;  ///< channels -> hidden
    Affine squeezeNorm;
    Conv expand;  ///< hidden -> 2 channels, glu
    Affine expandNorm;
    std::vector<float> scale;  ///< [channels]
  };

  DConv() = default;
  DConv(const kernels::Kernels& kernels, std::vector<Layer> layers);

  const std::vector<Layer>& layers() const noexcept { return layers_; }
  std::size_t bytes() const noexcept;

  /// Floats of scratch for a row of `width` positions.
  std::size_t hiddenSize(std::size_t width) const noexcept;
  std::size_t chunkSize() const noexcept;

  /// One independent row x [width, channels] in place; scratch of hiddenSize + chunkSize floats.
  void row(float* x, std::size_t width, float* scratch) const;

  /// Independent rows x [rows, width, channels] shared among the pool, to the bit as row().
  /// @param hidden  rows * hiddenSize(width) floats
  /// @param scratch chunkSize() floats a worker, `stride` apart
  void rows(float* x, std::size_t rows, std::size_t width, float* hidden, float* scratch,
            std::size_t stride, core::ThreadPool& pool) const;

  /// One long row shared among the pool.
  /// @param hidden  hiddenSize(width) floats
  /// @param scratch as of rows()
  void wide(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
            core::ThreadPool& pool) const;

 private:
  /// What the moments of an expansion W h + b take from W and b.
  struct Expansion {
    core::AlignedBuffer<float> shift;  ///< [stride]: near the mean of what the first norm gives
    core::AlignedBuffer<float> gram;   ///< [stride, stride]: W'W
    std::vector<double> columnSums;    ///< [hidden]: of W
    std::vector<double> biasProducts;  ///< [hidden]: W'b
    double biasSum = 0;
    double biasSquares = 0;
  };
  struct Buffers;
  /// Rows, and the positions that one task takes of each.
  struct Shape {
    std::size_t rows, width, block;
  };

  static Expansion expansionOf(const Layer& layer);
  std::size_t rowBlock() const noexcept;
  Buffers carve(float* hidden, std::size_t width) const;
  template <typename Loop>
  void run(float* x, const Shape& shape, float* hidden, float* scratch, std::size_t stride,
           Loop&& loop) const;
  kernels::Moments expandedMoments(std::size_t layer, const Buffers& buffers, std::size_t width,
                                   std::size_t blocks) const;
  void foldNorm(const Layer& layer, const kernels::Moments& moments, const Buffers& buffers) const;

  const kernels::Kernels* kernels_ = nullptr;
  std::vector<Layer> layers_;
  std::vector<Expansion> expansions_;  ///< one a layer
};

}  // namespace stemwright::nn
