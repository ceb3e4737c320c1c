#include "nn/height_conv.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "nn/blocks.h"
#include "nn/line_points.h"
#include "nn/partition.h"

namespace stemwright::nn {
namespace {

using kernels::kWinogradOut;

constexpr std::size_t kTaps = 2;
constexpr std::size_t kPoints = kernels::linePoints(kTaps);
/// Positions that are transformed together: whole numbers of the products' row blocks, as many as
/// the second-level cache keeps beside a panel.
constexpr std::size_t kFewestColumns = 28;
constexpr std::size_t kMostColumns = 56;
constexpr std::size_t kPointFloats = std::size_t{7} << 14;
/// Numbers a tap must have for the products to outweigh the transforms.
constexpr std::size_t kLeastDepth = 24;

bool serves(const kernels::Kernels& kernels, std::size_t depth) {
  return !kernels.weightGemm.isBf16 && depth >= kLeastDepth;
}

}  // namespace

/// Four rows of each part, at some columns, of some panels.
struct HeightConv::Task {
  const float* x;
  std::size_t height, width;
  std::size_t tile;  ///< four of a part's rows
  std::size_t begin, columns;
  std::size_t firstPanel, panels;  ///< of all parts
  std::size_t firstRow, rows;      ///< of the output: the one that lies at `out`, and all
  float* out;
  Epilogue epilogue;
  float* points;    ///< [kPoints, kMostColumns, depth]
  float* products;  ///< [kPoints, kMostColumns, 2 lanes]
};

template <typename WeightAt>
void HeightConv::add(std::ptrdiff_t lead, std::size_t offset, std::size_t columns,
                     WeightAt&& weightAt, const float* bias) {
  parts_.push_back({PackedMatrix(
                        kernels_->gemm, kPoints, depth(), columns, false,
                        [&](std::size_t point, std::size_t k, std::size_t column) {
                          return linePoint(kTaps, point, [&](std::size_t tap) {
                            return static_cast<double>(weightAt(tap, k, column));
                          });
                        },
                        [&](std::size_t column) { return bias[column]; }),
                    lead, offset});
}

HeightConv::HeightConv(const kernels::Kernels& kernels, const ConvShape& shape, const float* weight,
                       const float* bias)
    : kernels_(&kernels), shape_(shape), channels_(shape.out) {
  assert(shape.kernelWidth == 1 && shape.strideWidth == 1 && shape.paddingWidth == 0);
  const std::size_t stride = shape.strideHeight;
  const std::size_t kernel = shape.kernelHeight;
  if (kernel != kTaps * stride || !serves(kernels, stride * shape.in)) {
    direct_.emplace_back(kernels, shape, false, weight, bias);
    return;
  }
  group_ = stride;
  add(
      -static_cast<std::ptrdiff_t>(shape.paddingHeight), 0, shape.out,
      [&](std::size_t tap, std::size_t k, std::size_t column) {
        return weight[(column * shape.in + k % shape.in) * kernel + tap * stride + k / shape.in];
      },
      bias);
  zeros_ = core::AlignedBuffer<float>(2 * kernels.gemm.lanes);
  zeros_.zero();
}

HeightConv HeightConv::transposed(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                                  std::size_t kernel, std::size_t stride, std::size_t crop,
                                  const float* weight, const float* bias) {
  HeightConv conv;
  conv.kernels_ = &kernels;
  conv.shape_ = {.in = in,
                 .out = out * stride,
                 .kernelHeight = kernel / stride,
                 .paddingHeight = kernel / stride - 1};
  conv.channels_ = out;
  conv.step_ = stride;
  conv.crop_ = crop;
  const bool isWinograd = kernel == kTaps * stride && serves(kernels, in);
  for (std::size_t phase = 0; phase < stride; ++phase) {
    if (!isWinograd) {
      conv.direct_.push_back(
          Conv::transposedHeightPhase(kernels, in, out, kernel, stride, phase, weight, bias));
      continue;
    }
    // Row q * stride + phase meets inputs q - 1 and q; the first q whose row is kept:
    const std::size_t first = phase < crop ? blocksOf(crop - phase, stride) : 0;
    conv.add(
        static_cast<std::ptrdiff_t>(first) - 1, first * stride + phase - crop, out,
        [&](std::size_t tap, std::size_t k, std::size_t column) {
          return weight[(k * out + column) * kernel + phase + (kTaps - 1 - tap) * stride];
        },
        bias);
  }
  conv.zeros_ = core::AlignedBuffer<float>(2 * kernels.gemm.lanes);
  conv.zeros_.zero();
  return conv;
}

std::size_t HeightConv::bytes() const noexcept {
  std::size_t total = 0;
  for (const Conv& conv : direct_) total += conv.bytes();
  for (const Part& part : parts_) total += part.weights.bytes();
  return total;
}

std::size_t HeightConv::rowsAtOnce() const noexcept {
  return isWinograd() ? kWinogradOut * step_ : 1;
}

std::size_t HeightConv::chunk() const noexcept {
  const std::size_t columns = kPointFloats / (kPoints * depth());
  return std::clamp(columns / kFewestColumns * kFewestColumns, kFewestColumns, kMostColumns);
}

std::size_t HeightConv::scratchSize() const noexcept {
  if (!isWinograd()) return 0;
  return kPoints * chunk() * (core::paddedCount<float>(depth()) + 2 * kernels_->gemm.lanes);
}

/// The inputs of the task's tile, whose first is `row`, which may lie outside.
void HeightConv::transform(const Task& task, std::ptrdiff_t row) const {
  const std::size_t in = shape_.in;
  for (std::size_t g = 0; g < group_; ++g) {
    kernels::WinogradLineInput input{
        {}, in, kTaps, in, task.columns, task.points + g * in, depth(), chunk() * depth()};
    for (std::size_t i = 0; i < kPoints; ++i) {
      const std::ptrdiff_t at = row + static_cast<std::ptrdiff_t>(i * group_ + g);
      const bool isInside = at >= 0 && at < static_cast<std::ptrdiff_t>(task.height);
      input.inputs[i] = isInside
                            ? task.x + (static_cast<std::size_t>(at) * task.width + task.begin) * in
                            : nullptr;
    }
    kernels_->winograd.transformLine(input);
  }
}

/// @param outputs of the tile's four that are there
void HeightConv::multiplyPanel(const Task& task, const Part& part, std::size_t panel,
                               std::size_t outputs) const {
  const std::size_t lanes = kernels_->gemm.lanes;
  const kernels::PackedGemm weights = part.weights.panels(panel, 1);
  kernels::PackedGemm plain = weights;
  plain.outCols = weights.outCols <= lanes ? lanes : 2 * lanes;
  for (std::size_t point = 0; point < kPoints; ++point) {
    const kernels::GemmTap tap{task.points + point * chunk() * depth(), point};
    kernels_->gemm.run({.taps = &tap,
                        .tapCount = 1,
                        .rowStride = depth(),
                        .rows = task.columns,
                        .weights = &plain,
                        .out = task.products + point * chunk() * 2 * lanes,
                        .outStride = 2 * lanes,
                        .bias = zeros_.data()});
  }
  const std::size_t row = task.tile * kWinogradOut * step_ + part.offset - task.firstRow;
  const std::size_t at = (row * task.width + task.begin) * channels_ + part.weights.columnOf(panel);
  const float* const residual = task.epilogue.residual;
  kernels_->winograd.finishLine(
      {task.products, chunk() * 2 * lanes, kTaps, weights.bias, task.epilogue.activation,
       residual == nullptr ? nullptr : residual + at, task.out + at, step_ * task.width * channels_,
       channels_, task.columns, outputs, weights.outCols});
}

void HeightConv::multiply(const Task& task) const {
  const std::size_t panels = parts_[0].weights.panelCount();
  const Part* transformed = nullptr;
  for (std::size_t index = task.firstPanel; index < task.firstPanel + task.panels; ++index) {
    const Part& part = parts_[index / panels];
    if (part.offset >= task.rows) continue;
    const std::size_t all = blocksOf(task.rows - part.offset, step_);
    const std::size_t first = task.tile * kWinogradOut;
    if (first >= all) continue;
    if (transformed == nullptr || transformed->lead != part.lead) {
      transform(task, part.lead + static_cast<std::ptrdiff_t>(first * group_));
      transformed = &part;
    }
    multiplyPanel(task, part, index % panels, std::min(kWinogradOut, all - first));
  }
}

void HeightConv::rows(const float* x, std::size_t height, std::size_t width, std::size_t first,
                      std::size_t count, float* out, const Epilogue& epilogue,
                      float* scratch) const {
  assert(step_ == 1);
  if (!isWinograd()) {
    const std::size_t rowSize = width * channels_;
    for (std::size_t row = 0; row < count; ++row) {
      Epilogue here = epilogue;
      if (here.residual != nullptr) here.residual += row * rowSize;
      direct_[0].row(x, height, width, first + row, 0, width, out + row * rowSize, here);
    }
    return;
  }
  assert(first % kWinogradOut == 0 && count <= kWinogradOut);
  float* const products = scratch + kPoints * chunk() * core::paddedCount<float>(depth());
  for (std::size_t begin = 0; begin < width; begin += chunk()) {
    multiply({x, height, width, first / kWinogradOut, begin, std::min(chunk(), width - begin), 0,
              parts_[0].weights.panelCount(), first, first + count, out, epilogue, scratch,
              products});
  }
}

void HeightConv::forward(const float* x, std::size_t height, std::size_t width, std::size_t rows,
                         float* out, const Epilogue& epilogue, float* scratch, std::size_t stride,
                         core::ThreadPool& pool) const {
  if (!isWinograd() && step_ == 1) {
    assert(rows == shape_.outHeight(height));
    return direct_[0].forward(x, height, width, out, epilogue, pool);
  }
  if (!isWinograd()) {
    const std::size_t rowSize = width * channels_;
    pool.parallelFor(rows, [&](std::size_t row, unsigned) {
      const std::size_t full = row + crop_;
      Epilogue here = epilogue;
      if (here.residual != nullptr) here.residual += row * rowSize;
      direct_[full % step_].row(x, height, width, full / step_, 0, width, out + row * rowSize,
                                here);
    });
    return;
  }
  const std::size_t tiles = blocksOf(rows, kWinogradOut * step_);
  const std::size_t panels = parts_.size() * parts_[0].weights.panelCount();
  const Cut cut = cutFor(kernels_->gemm, {tiles, width, panels, chunk()}, pool.size());
  const std::size_t groups = blocksOf(panels, cut.panels);
  const std::size_t chunks = blocksOf(width, cut.rows);
  pool.parallelFor(tiles * chunks * groups, [&](std::size_t index, unsigned worker) {
    const std::size_t panel = index % groups * cut.panels;
    const std::size_t begin = index / groups % chunks * cut.rows;
    float* const own = scratch + worker * stride;
    multiply({x, height, width, index / groups / chunks, begin, std::min(cut.rows, width - begin),
              panel, std::min(cut.panels, panels - panel), 0, rows, out, epilogue, own,
              own + kPoints * chunk() * core::paddedCount<float>(depth())});
  });
}

}  // namespace stemwright::nn
