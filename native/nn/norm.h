#pragma once

#include <cstddef>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/kernels.h"

namespace stemwright::nn {

/// Scale and shift of a normalisation, one pair a channel.
struct Affine {
  std::vector<float> weight;
  std::vector<float> bias;
};

/// PyTorch's default.
inline constexpr double kNormEpsilon = 1e-5;

/// Group norm of x [rows, channels] in place, statistics over all rows of a group's channels.
/// @param groups divides channels
void groupNorm(const kernels::Kernels& kernels, float* x, std::size_t rows, std::size_t channels,
               std::size_t groups, const Affine& affine, core::ThreadPool& pool,
               NormAlgorithm algorithm = NormAlgorithm::kWelford);

/// Each row of x [rows, channels] normalised to out.
/// @param offset [rows, channels] added to the result; null: none
void layerNorm(const kernels::Kernels& kernels, const float* x, float* out, std::size_t rows,
               std::size_t channels, const Affine& affine, core::ThreadPool& pool,
               const float* offset = nullptr);

/// Moments of x [rows, cols], shared among the pool; the same whatever the number of threads.
kernels::Moments momentsOf(const kernels::Kernels& kernels, const float* x, std::size_t stride,
                           std::size_t rows, std::size_t cols, core::ThreadPool& pool,
                           NormAlgorithm algorithm = NormAlgorithm::kWelford);

/// 1 / sqrt(variance + epsilon), variance over n.
double inverseStd(const kernels::Moments& moments);

}  // namespace stemwright::nn
