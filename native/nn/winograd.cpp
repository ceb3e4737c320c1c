#include "nn/winograd.h"

#include <algorithm>
#include <array>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

using kernels::kWinogradIn;
using kernels::kWinogradOut;
using kernels::kWinogradPoints;

/// Tiles that one task takes: a whole number of the products' row blocks.
constexpr std::size_t kTiles = 28;
/// Of the transform of the input.
constexpr std::size_t kInputTiles = 7;
/// Floats of transformed input made at a time: the third-level cache keeps them.
constexpr std::size_t kBandFloats = std::size_t{5} << 19;
/// Floats of weights that the second-level cache keeps beside a chunk's tiles.
constexpr std::size_t kFewWeights = std::size_t{3} << 17;

constexpr std::array<std::array<double, 3>, kWinogradIn> kG{{{1.0 / 4, 0, 0},
                                                             {-1.0 / 6, -1.0 / 6, -1.0 / 6},
                                                             {-1.0 / 6, 1.0 / 6, -1.0 / 6},
                                                             {1.0 / 24, 1.0 / 12, 1.0 / 6},
                                                             {1.0 / 24, -1.0 / 12, 1.0 / 6},
                                                             {0, 0, 1}}};

/// One element of G g G'.
float transformed(const float* g, std::size_t point) {
  double sum = 0;
  for (std::size_t i = 0; i < 9; ++i) {
    sum +=
        kG[point / kWinogradIn][i / 3] * static_cast<double>(g[i]) * kG[point % kWinogradIn][i % 3];
  }
  return static_cast<float>(sum);
}

}  // namespace

/// Tiles side by side.
struct WinogradConv::Chunk {
  std::size_t row, column;  ///< of the first, in tiles
  std::size_t count;
};

/// Rows of tiles that are transformed together.
struct WinogradConv::Band {
  std::size_t height, width;  ///< of the image
  std::size_t columns;        ///< tiles side by side
  std::size_t rows;           ///< of tiles
  std::size_t chunks;         ///< of columns
  std::size_t pointStride;    ///< floats
};

bool WinogradConv::serves(const kernels::Kernels& kernels, const ConvShape& shape) {
  const bool isSame = shape.paddingHeight == 1 && shape.paddingWidth == 1;
  const bool isPlain =
      shape.strideHeight == 1 && shape.strideWidth == 1 && shape.dilationWidth == 1;
  return shape.kernelHeight == 3 && shape.kernelWidth == 3 && isSame && isPlain &&
         shape.out % 2 == 0 && !kernels.weightGemm.isBf16;
}

WinogradConv::WinogradConv(const kernels::Kernels& kernels, const ConvShape& shape,
                           const float* weight, const float* bias)
    : kernels_(&kernels),
      shape_(shape),
      packed_(
          kernels.weightGemm, kWinogradPoints, shape.in, shape.out, true,
          [&](std::size_t point, std::size_t k, std::size_t column) {
            return transformed(weight + (column * shape.in + k) * 9, point);
          },
          [&](std::size_t column) { return bias[column]; }),
      zeros_(std::max(shape.in, packed_.rowSize())) {
  zeros_.zero();
}

WinogradConv::Band WinogradConv::bandOf(std::size_t height, std::size_t width) const {
  Band band{};
  band.height = height;
  band.width = width;
  band.columns = blocksOf(width, kWinogradOut);
  const std::size_t row = kWinogradPoints * band.columns * shape_.in;
  band.rows = std::clamp<std::size_t>(kBandFloats / row, 1, blocksOf(height, kWinogradOut));
  band.chunks = blocksOf(band.columns, kTiles);
  band.pointStride = band.rows * band.columns * shape_.in;
  return band;
}

/// Whether the second-level cache keeps the weights beside a chunk of tiles: then all panels meet a
/// chunk that one thread has transformed. Else a panel meets all tiles of a band.
bool WinogradConv::hasFewWeights() const noexcept {
  return kWinogradPoints * shape_.in * shape_.out <= kFewWeights;
}

std::size_t WinogradConv::tilesSize(std::size_t height, std::size_t width) const noexcept {
  return hasFewWeights() ? 0 : kWinogradPoints * bandOf(height, width).pointStride;
}

std::size_t WinogradConv::productsSize() const noexcept {
  return kWinogradPoints * kTiles * 2 * kernels_->gemm.lanes;
}

std::size_t WinogradConv::scratchSize() const noexcept {
  return productsSize() + (hasFewWeights() ? kWinogradPoints * kTiles * shape_.in : 0);
}

void WinogradConv::transformInput(const float* x, const Band& band, const Chunk& chunk,
                                  float* points, std::size_t pointStride) const {
  kernels_->winograd.transformInput({x, band.height, band.width, shape_.in,
                                     chunk.row * kWinogradOut, chunk.column * kWinogradOut,
                                     chunk.count, points, pointStride, zeros_.data()});
}

/// Panels of a chunk.
/// @param points its input, transformed
void WinogradConv::multiply(const Band& band, const Chunk& chunk, std::size_t firstPanel,
                            std::size_t panels, const float* points, std::size_t pointStride,
                            float* products, float* out) const {
  const std::size_t width = 2 * kernels_->gemm.lanes;
  for (std::size_t panel = firstPanel; panel < firstPanel + panels; ++panel) {
    const kernels::PackedGemm weights = packed_.panels(panel, 1);
    kernels::PackedGemm plain = weights;  // GLU comes after the transform back
    plain.glu = false;
    plain.outCols = width;
    for (std::size_t point = 0; point < kWinogradPoints; ++point) {
      const kernels::GemmTap tap{points + point * pointStride, point};
      kernels_->gemm.run({.taps = &tap,
                          .tapCount = 1,
                          .rowStride = shape_.in,
                          .rows = chunk.count,
                          .weights = &plain,
                          .out = products + point * kTiles * width,
                          .outStride = width,
                          .bias = zeros_.data()});
    }
    kernels_->winograd.finishGlu({products, kTiles * width, weights.bias,
                                  out + packed_.columnOf(panel), band.height, band.width,
                                  packed_.view().outCols, chunk.row * kWinogradOut,
                                  chunk.column * kWinogradOut, chunk.count, weights.outCols});
  }
}

/// Each chunk of tiles from start to end on one thread.
void WinogradConv::forwardAlone(const float* x, const Band& band, float* out, float* scratch,
                                std::size_t stride, core::ThreadPool& pool) const {
  const std::size_t rows = blocksOf(band.height, kWinogradOut);
  pool.parallelFor(rows * band.chunks, [&](std::size_t index, unsigned worker) {
    const std::size_t column = index % band.chunks * kTiles;
    const Chunk chunk{index / band.chunks, column, std::min(kTiles, band.columns - column)};
    float* const products = scratch + worker * stride;
    float* const points = products + productsSize();
    transformInput(x, band, chunk, points, kTiles * shape_.in);
    multiply(band, chunk, 0, packed_.panelCount(), points, kTiles * shape_.in, products, out);
  });
}

void WinogradConv::forward(const float* x, std::size_t height, std::size_t width, float* out,
                           float* tiles, float* scratch, std::size_t stride,
                           core::ThreadPool& pool) const {
  const Band band = bandOf(height, width);
  if (hasFewWeights()) return forwardAlone(x, band, out, scratch, stride, pool);
  const std::size_t all = blocksOf(height, kWinogradOut);
  const auto pointsOf = [&](const Chunk& chunk) {
    return tiles + (chunk.row % band.rows * band.columns + chunk.column) * shape_.in;
  };
  for (std::size_t first = 0; first < all; first += band.rows) {
    const std::size_t rows = std::min(band.rows, all - first);
    const std::size_t inputs = blocksOf(band.columns, kInputTiles);
    pool.parallelFor(rows * inputs, [&](std::size_t index, unsigned) {
      const std::size_t column = index % inputs * kInputTiles;
      const Chunk chunk{first + index / inputs, column,
                        std::min(kInputTiles, band.columns - column)};
      transformInput(x, band, chunk, pointsOf(chunk), band.pointStride);
    });
    const std::size_t chunks = rows * band.chunks;
    pool.parallelFor(packed_.panelCount() * chunks, [&](std::size_t index, unsigned worker) {
      const std::size_t column = index % chunks % band.chunks * kTiles;
      const Chunk chunk{first + index % chunks / band.chunks, column,
                        std::min(kTiles, band.columns - column)};
      multiply(band, chunk, index / chunks, 1, pointsOf(chunk), band.pointStride,
               scratch + worker * stride, out);
    });
  }
}

}  // namespace stemwright::nn
