#include "nn/norm.h"

#include <algorithm>
#include <cmath>

namespace stemwright::nn {
namespace {

constexpr std::size_t kChunkRows = 512;

std::size_t chunksOf(std::size_t rows) {
  return (rows + kChunkRows - 1) / kChunkRows;
}

}  // namespace

double inverseStd(const kernels::Moments& moments) {
  return 1.0 / std::sqrt(moments.m2 / moments.count + kNormEpsilon);
}

kernels::Moments momentsOf(const kernels::Kernels& kernels, const float* x, std::size_t stride,
                           std::size_t rows, std::size_t cols, core::ThreadPool& pool) {
  std::vector<kernels::Moments> parts(chunksOf(rows));
  pool.parallelFor(parts.size(), [&](std::size_t chunk, unsigned) {
    const std::size_t begin = chunk * kChunkRows;
    parts[chunk] =
        kernels.norm.moments(x + begin * stride, stride, std::min(kChunkRows, rows - begin), cols);
  });
  kernels::Moments all;
  for (const kernels::Moments& part : parts) all = kernels::merge(all, part);
  return all;
}

void groupNorm(const kernels::Kernels& kernels, float* x, std::size_t rows, std::size_t channels,
               std::size_t groups, const Affine& affine, core::ThreadPool& pool) {
  const std::size_t width = channels / groups;
  for (std::size_t group = 0; group < groups; ++group) {
    float* columns = x + group * width;
    const kernels::Moments moments = momentsOf(kernels, columns, channels, rows, width, pool);
    pool.parallelFor(chunksOf(rows), [&](std::size_t chunk, unsigned) {
      const std::size_t begin = chunk * kChunkRows;
      float* part = columns + begin * channels;
      kernels.norm.apply({part, channels, part, channels, std::min(kChunkRows, rows - begin), width,
                          moments.mean, inverseStd(moments), affine.weight.data() + group * width,
                          affine.bias.data() + group * width});
    });
  }
}

void layerNorm(const kernels::Kernels& kernels, const float* x, float* out, std::size_t rows,
               std::size_t channels, const Affine& affine, core::ThreadPool& pool) {
  pool.parallelFor(chunksOf(rows), [&](std::size_t chunk, unsigned) {
    const std::size_t begin = chunk * kChunkRows;
    kernels.norm.layerNorm({x + begin * channels, channels, out + begin * channels, channels,
                            std::min(kChunkRows, rows - begin), channels, 0, 0,
                            affine.weight.data(), affine.bias.data()},
                           static_cast<float>(kNormEpsilon));
  });
}

}  // namespace stemwright::nn
