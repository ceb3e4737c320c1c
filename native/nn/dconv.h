#pragma once

#include <cstddef>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"
#include "nn/norm.h"

namespace stemwright::nn {

/// Demucs' residual branch: for each layer d, x += scale *
/// glu(norm(expand(gelu(norm(squeeze(x)))))) with squeeze a dilated convolution of kernel 3,
/// dilation 2^d, and expand a 1 x 1. Source: Défossez 2021, "Hybrid Spectrogram and Waveform Source
/// Separation", DConv.
class DConv {
 public:
  struct Layer {
    Conv squeeze;  ///< channels -> hidden
    Affine squeezeNorm;
    Conv expand;  ///< hidden -> 2 channels
    Affine expandNorm;
    std::vector<float> scale;  ///< [channels]
  };

  DConv() = default;
  DConv(const kernels::Kernels& kernels, std::vector<Layer> layers);

  const std::vector<Layer>& layers() const noexcept { return layers_; }
  std::size_t bytes() const noexcept;

  /// Floats of scratch for width positions: per task of rows(), or in all for wide().
  std::size_t hiddenSize(std::size_t width) const noexcept;
  std::size_t chunkSize() const noexcept;

  /// One independent row x [width, channels] in place; scratch of hiddenSize + chunkSize floats.
  void row(float* x, std::size_t width, float* scratch) const;

  /// One long row shared among the pool.
  /// @param hidden  hiddenSize(width) floats
  /// @param scratch chunkSize() floats a worker, `stride` apart
  void wide(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
            core::ThreadPool& pool) const;

 private:
  kernels::Moments squeeze(const Layer& layer, const float* x, std::size_t width, std::size_t begin,
                           std::size_t end, float* hidden) const;
  kernels::Moments activate(const Layer& layer, const kernels::Moments& moments, std::size_t count,
                            float* hidden, float* expanded) const;
  void add(const Layer& layer, const kernels::Moments& moments, std::size_t count,
           const float* hidden, float* expanded, float* x) const;
  template <typename Loop>
  void run(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
           Loop&& loop) const;

  const kernels::Kernels* kernels_ = nullptr;
  std::vector<Layer> layers_;
};

}  // namespace stemwright::nn
