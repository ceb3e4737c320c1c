#include "nn/line_conv.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "nn/blocks.h"
#include "nn/line_points.h"
#include "nn/partition.h"

namespace stemwright::nn {
namespace {

using kernels::kMostLinePoints;
using kernels::kWinogradOut;
using kernels::linePoints;

/// Tiles that one task takes at most: a whole number of the products' row blocks.
constexpr std::size_t kTiles = 28;
/// Numbers a tap must have for the products to outweigh the transforms.
constexpr std::size_t kLeastDepth = 24;

bool serves(const kernels::Kernels& kernels, std::size_t depth) {
  return !kernels.weightGemm.isBf16 && depth >= kLeastDepth;
}

}  // namespace

struct LineConv::Buffers {
  float* points;    ///< [points, kTiles, depth]
  float* products;  ///< [points, kTiles, 2 lanes]
  float* copy;      ///< of the input, where it reaches beyond its ends
};

/// One call's input and output.
struct LineConv::Line {
  const float* x;
  std::size_t numbers;  ///< of x
  float* out;
  Epilogue epilogue;
};

template <typename WeightAt, typename BiasAt>
void LineConv::transform(const kernels::Kernels& kernels, std::size_t taps, std::size_t depth,
                         std::size_t columns, bool glu, WeightAt&& weightAt, BiasAt&& biasAt) {
  kernels_ = &kernels;
  taps_ = taps;
  packed_ = PackedMatrix(
      kernels.weightGemm, linePoints(taps), depth, columns, glu,
      [&](std::size_t point, std::size_t k, std::size_t column) {
        return linePoint(taps, point, [&](std::size_t tap) {
          return static_cast<double>(weightAt(tap, k, column));
        });
      },
      biasAt);
  zeros_ = core::AlignedBuffer<float>(2 * kernels.gemm.lanes);
  zeros_.zero();
}

LineConv::LineConv(const kernels::Kernels& kernels, const ConvShape& shape, bool glu,
                   const float* weight, const float* bias)
    : shape_(shape) {
  const auto& [in, out, height, kernel, strideHeight, stride, dilation, paddingHeight, padding] =
      shape;
  assert(height == 1 && strideHeight == 1 && paddingHeight == 0);
  const bool isThree = kernel == 3 && stride == 1;
  const bool isTwice = kernel == 2 * stride;
  const std::size_t depth = stride * in;
  if (dilation != 1 || !(isThree || isTwice) || !serves(kernels, depth)) {
    direct_ = Conv(kernels, shape, glu, weight, bias);
    return;
  }
  lead_ = padding * in;
  transform(
      kernels, kernel / stride, depth, out, glu,
      [&, in = in, stride = stride, kernel = kernel](std::size_t tap, std::size_t k,
                                                     std::size_t column) {
        return weight[(column * in + k % in) * kernel + tap * stride + k / in];
      },
      [&](std::size_t column) { return bias == nullptr ? 0.0f : bias[column]; });
}

LineConv LineConv::transposed(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                              std::size_t kernel, std::size_t stride, const float* weight,
                              const float* bias) {
  LineConv line;
  const std::size_t taps = kernel / stride;
  line.shape_ = {.in = in, .out = out * stride, .kernelWidth = taps, .paddingWidth = taps - 1};
  if (taps != 2 || kernel % stride != 0 || !serves(kernels, in)) {
    line.direct_ = Conv::transposedWidth(kernels, in, out, kernel, stride, weight, bias);
    return line;
  }
  line.lead_ = in;
  line.transform(
      kernels, taps, in, out * stride, false,
      [&](std::size_t tap, std::size_t k, std::size_t column) {
        const std::size_t at = (k * out + column % out) * kernel + column / out;
        return weight[at + (taps - 1 - tap) * stride];
      },
      [&](std::size_t column) { return bias[column % out]; });
  return line;
}

std::size_t LineConv::outChannels() const noexcept {
  return isWinograd() ? packed_.view().outCols : direct_.outChannels();
}

std::size_t LineConv::scratchSize() const noexcept {
  if (!isWinograd()) return 0;
  const std::size_t depth = packed_.view().depth;
  return kMostLinePoints * kTiles * (core::paddedCount<float>(depth) + 2 * kernels_->gemm.lanes) +
         (kTiles * kWinogradOut + taps_) * core::paddedCount<float>(depth);
}

LineConv::Buffers LineConv::carve(float* scratch) const {
  Buffers buffers{};
  buffers.products = scratch;
  buffers.points = scratch + kMostLinePoints * kTiles * 2 * kernels_->gemm.lanes;
  buffers.copy =
      buffers.points + kMostLinePoints * kTiles * core::paddedCount<float>(packed_.view().depth);
  return buffers;
}

/// Where the taps of output `first` begin; a copy among zeros where some lie beyond the input.
const float* LineConv::inputOf(const Line& line, std::size_t first, std::size_t tiles,
                               float* copy) const {
  const std::size_t depth = packed_.view().depth;
  const auto begin =
      static_cast<std::ptrdiff_t>(first * depth) - static_cast<std::ptrdiff_t>(lead_);
  const auto count = static_cast<std::ptrdiff_t>((tiles * kWinogradOut + taps_ - 1) * depth);
  const auto end = static_cast<std::ptrdiff_t>(line.numbers);
  if (begin >= 0 && begin + count <= end) return line.x + begin;
  const std::ptrdiff_t from = std::clamp<std::ptrdiff_t>(begin, 0, end);
  const std::ptrdiff_t to = std::clamp<std::ptrdiff_t>(begin + count, from, end);
  std::fill_n(copy, count, 0.0f);
  std::copy(line.x + from, line.x + to, copy + (from - begin));
  return copy;
}

/// Panels of outputs [first, first + outputs).
void LineConv::multiply(const Line& line, std::size_t first, std::size_t outputs,
                        std::size_t firstPanel, std::size_t panels, float* scratch) const {
  const Buffers buffers = carve(scratch);
  const std::size_t depth = packed_.view().depth;
  const std::size_t lanes = kernels_->gemm.lanes;
  const std::size_t tiles = blocksOf(outputs, kWinogradOut);
  const std::size_t stored = outChannels();
  kernels::WinogradLineInput input{{},    kWinogradOut * depth, taps_, depth,
                                   tiles, buffers.points,       depth, kTiles * depth};
  const float* const x = inputOf(line, first, tiles, buffers.copy);
  for (std::size_t i = 0; i < linePoints(taps_); ++i) input.inputs[i] = x + i * depth;
  kernels_->winograd.transformLine(input);
  for (std::size_t panel = firstPanel; panel < firstPanel + panels; ++panel) {
    const kernels::PackedGemm weights = packed_.panels(panel, 1);
    kernels::PackedGemm plain = weights;  // what follows the sums comes after the transform back
    plain.glu = false;
    plain.outCols = !weights.glu && weights.outCols <= lanes ? lanes : 2 * lanes;
    for (std::size_t point = 0; point < linePoints(taps_); ++point) {
      const kernels::GemmTap tap{buffers.points + point * kTiles * depth, point};
      kernels_->gemm.run({.taps = &tap,
                          .tapCount = 1,
                          .rowStride = depth,
                          .rows = tiles,
                          .weights = &plain,
                          .out = buffers.products + point * kTiles * 2 * lanes,
                          .outStride = 2 * lanes,
                          .bias = zeros_.data()});
    }
    const std::size_t at = first * stored + packed_.columnOf(panel);
    const float* residual = line.epilogue.residual;
    kernels::WinogradLineOutput output{buffers.products,
                                       kTiles * 2 * lanes,
                                       taps_,
                                       weights.bias,
                                       line.epilogue.activation,
                                       residual == nullptr ? nullptr : residual + at,
                                       line.out + at,
                                       stored,
                                       kWinogradOut * stored,
                                       outputs / kWinogradOut,
                                       kWinogradOut,
                                       weights.outCols};
    kernels_->winograd.finishLine(output);
    const std::size_t whole = output.tiles * output.tileStride;
    output.products += output.tiles * 2 * lanes;
    output.out += whole;
    if (residual != nullptr) output.residual += whole;
    output.outputs = outputs % kWinogradOut;
    output.tiles = output.outputs == 0 ? 0 : 1;
    kernels_->winograd.finishLine(output);
  }
}

void LineConv::forward(const float* x, std::size_t width, std::size_t columns, float* out,
                       const Epilogue& epilogue, float* scratch, std::size_t stride,
                       core::ThreadPool& pool) const {
  if (!isWinograd()) {
    direct_.forward(x, 1, width, columns, out, epilogue, pool);
    return;
  }
  const Line line{x, width * shape_.in, out, epilogue};
  const std::size_t panels = packed_.panelCount();
  const Cut cut =
      cutFor(kernels_->gemm, {1, blocksOf(columns, kWinogradOut), panels, kTiles}, pool.size());
  const std::size_t groups = blocksOf(panels, cut.panels);
  const std::size_t perTask = cut.rows * kWinogradOut;
  pool.parallelFor(blocksOf(columns, perTask) * groups, [&](std::size_t index, unsigned worker) {
    const std::size_t first = index / groups * perTask;
    const std::size_t panel = index % groups * cut.panels;
    multiply(line, first, std::min(perTask, columns - first), panel,
             std::min(cut.panels, panels - panel), scratch + worker * stride);
  });
}

}  // namespace stemwright::nn
