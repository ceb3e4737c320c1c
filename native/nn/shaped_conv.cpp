#include "nn/shaped_conv.h"

#include <algorithm>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Values that one task computes of an output row; a kernel row's share of them waits on the stack.
constexpr std::size_t kBlockFloats = 2048;

ConvShape rowOf(const ConvShape& shape) {
  ConvShape row = shape;
  row.kernelHeight = row.strideHeight = 1;
  row.paddingHeight = 0;
  return row;
}

}  // namespace

ShapedConv::ShapedConv(const kernels::Kernels& kernels, const ConvShape& shape, const float* weight,
                       const float* bias, std::optional<ConvVariant> forced)
    : kernels_(&kernels), shape_(shape), bias_(shape.out, 0.0f) {
  const ConvShape row = rowOf(shape);
  variant_ = forced.value_or(Conv1d::variantFor(row, false, kernels.gemm.lanes));
  if (shape.out > kBlockFloats) variant_ = ConvVariant::kTiled;
  if (variant_ == ConvVariant::kTiled) {
    tiled_ = Conv(kernels, shape, false, weight, bias);
    return;
  }
  if (bias != nullptr) std::copy_n(bias, shape.out, bias_.begin());
  std::vector<float> part(shape.out * shape.in * shape.kernelWidth);
  for (std::size_t above = 0; above < shape.kernelHeight; ++above) {
    for (std::size_t pair = 0; pair < shape.out * shape.in; ++pair) {
      std::copy_n(weight + (pair * shape.kernelHeight + above) * shape.kernelWidth,
                  shape.kernelWidth, part.begin() + pair * shape.kernelWidth);
    }
    rows_.emplace_back(kernels, row, kernels::Activation::kNone, part.data(),
                       shape.kernelHeight == 1 ? bias : nullptr, kernels::WeightType::kFp32,
                       variant_);
  }
}

/// Columns [begin, end) of an output row. @param out where column `begin` lies
void ShapedConv::block(const float* x, std::size_t height, std::size_t width, std::size_t row,
                       std::size_t begin, std::size_t end, float* out) const {
  const std::size_t rowFloats = width * shape_.in;
  const std::size_t first = row * shape_.strideHeight;  // in the padded input
  const auto isInside = [&](std::size_t at) {
    return at >= shape_.paddingHeight && at < height + shape_.paddingHeight;
  };
  const auto run = [&](std::size_t above, float* to) {
    const std::size_t at = first + above - shape_.paddingHeight;
    rows_[above].columns(x + at * rowFloats, width, (height - 1 - at) * rowFloats, begin, end, to);
  };
  if (rows_.size() == 1 && isInside(first)) return run(0, out);
  const std::size_t count = (end - begin) * shape_.out;
  for (std::size_t i = 0; i < count; i += shape_.out) {
    std::copy(bias_.begin(), bias_.end(), out + i);
  }
  float part[kBlockFloats];
  for (std::size_t above = 0; above < rows_.size(); ++above) {
    if (!isInside(first + above)) continue;
    run(above, part);
    kernels_->elementwise.add(out, part, out, count);
  }
}

void ShapedConv::forward(const float* x, std::size_t height, std::size_t width, float* out,
                         core::ThreadPool& pool) const {
  if (variant_ == ConvVariant::kTiled) return tiled_.forward(x, height, width, out, {}, pool);
  const std::size_t columns = shape_.outWidth(width);
  const std::size_t blockColumns = kBlockFloats / shape_.out;
  const std::size_t blocks = blocksOf(columns, blockColumns);
  pool.parallelFor(shape_.outHeight(height) * blocks, [&](std::size_t index, unsigned) {
    const std::size_t row = index / blocks;
    const std::size_t begin = index % blocks * blockColumns;
    const std::size_t end = std::min(columns, begin + blockColumns);
    block(x, height, width, row, begin, end, out + (row * columns + begin) * shape_.out);
  });
}

}  // namespace stemwright::nn
