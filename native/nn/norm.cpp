#include "nn/norm.h"

#include <algorithm>
#include <cmath>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Rows that one task takes.
std::size_t blockOf(std::size_t channels) {
  constexpr std::size_t kNumbers = 32768;
  return std::max<std::size_t>(1, kNumbers / channels);
}

auto loopOn(core::ThreadPool& pool) {
  return [&pool](std::size_t count, auto&& task) { pool.parallelFor(count, task); };
}

}  // namespace

double inverseStd(const kernels::Moments& moments) {
  return 1.0 / std::sqrt(moments.m2 / moments.count + kNormEpsilon);
}

kernels::Moments momentsOf(const kernels::Kernels& kernels, const float* x, std::size_t stride,
                           std::size_t rows, std::size_t cols, core::ThreadPool& pool,
                           NormAlgorithm algorithm) {
  const kernels::MomentsFunction moments = kernels::momentsBy(kernels.norm, algorithm);
  return momentsOfBlocks(rows, blockOf(cols), loopOn(pool),
                         [&](std::size_t begin, std::size_t end, unsigned) {
                           return moments(x + begin * stride, stride, end - begin, cols);
                         });
}

void groupNorm(const kernels::Kernels& kernels, float* x, std::size_t rows, std::size_t channels,
               std::size_t groups, const Affine& affine, core::ThreadPool& pool,
               NormAlgorithm algorithm) {
  const std::size_t width = channels / groups;
  for (std::size_t group = 0; group < groups; ++group) {
    float* columns = x + group * width;
    const kernels::Moments moments =
        momentsOf(kernels, columns, channels, rows, width, pool, algorithm);
    const auto apply = [&](std::size_t begin, std::size_t end, unsigned) {
      float* part = columns + begin * channels;
      kernels.norm.apply({part, channels, part, channels, end - begin, width, moments.mean,
                          inverseStd(moments), affine.weight.data() + group * width,
                          affine.bias.data() + group * width});
    };
    forBlocks(rows, blockOf(channels), loopOn(pool), apply);
  }
}

void layerNorm(const kernels::Kernels& kernels, const float* x, float* out, std::size_t rows,
               std::size_t channels, const Affine& affine, core::ThreadPool& pool,
               const float* offset) {
  const auto apply = [&](std::size_t begin, std::size_t end, unsigned) {
    kernels.norm.layerNorm({x + begin * channels, channels, out + begin * channels, channels,
                            end - begin, channels, 0, 0, affine.weight.data(), affine.bias.data()},
                           static_cast<float>(kNormEpsilon));
    if (offset == nullptr) return;
    float* part = out + begin * channels;
    kernels.elementwise.add(part, offset + begin * channels, part, (end - begin) * channels);
  };
  forBlocks(rows, blockOf(channels), loopOn(pool), apply);
}

}  // namespace stemwright::nn
