#include "nn/norm.h"

#include <cmath>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

constexpr std::size_t kBlockRows = 512;

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
  return momentsOfBlocks(rows, kBlockRows, loopOn(pool),
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
    forBlocks(rows, kBlockRows, loopOn(pool), apply);
  }
}

void layerNorm(const kernels::Kernels& kernels, const float* x, float* out, std::size_t rows,
               std::size_t channels, const Affine& affine, core::ThreadPool& pool) {
  const auto apply = [&](std::size_t begin, std::size_t end, unsigned) {
    kernels.norm.layerNorm({x + begin * channels, channels, out + begin * channels, channels,
                            end - begin, channels, 0, 0, affine.weight.data(), affine.bias.data()},
                           static_cast<float>(kNormEpsilon));
  };
  forBlocks(rows, kBlockRows, loopOn(pool), apply);
}

}  // namespace stemwright::nn
