#include "nn/conv.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <utility>

#include "nn/blocks.h"
#include "nn/partition.h"

namespace stemwright::nn {
namespace {

/// Output columns that see the same taps along the width.
struct Run {
  std::size_t begin;
  std::size_t end;
  std::size_t firstTap;
  std::size_t lastTap;  // exclusive
};

/// Taps [first, last) whose input column exists for output column `column`.
Run runAt(const ConvShape& shape, std::size_t width, std::size_t column, std::size_t end) {
  const auto position = [&](std::size_t tap) {
    return static_cast<std::ptrdiff_t>(column * shape.strideWidth + tap * shape.dilationWidth) -
           static_cast<std::ptrdiff_t>(shape.paddingWidth);
  };
  std::size_t first = 0;
  while (first < shape.kernelWidth && position(first) < 0) ++first;
  std::size_t last = shape.kernelWidth;
  while (last > first && position(last - 1) >= static_cast<std::ptrdiff_t>(width)) --last;

  Run run{column, column + 1, first, last};
  if (first == 0 && last == shape.kernelWidth) {
    // Every tap inside: the run goes on until the last tap leaves the input.
    const std::size_t reach = (shape.kernelWidth - 1) * shape.dilationWidth;
    const std::size_t limit = (width + shape.paddingWidth - reach - 1) / shape.strideWidth + 1;
    run.end = std::min(end, limit);
  }
  return run;
}

std::size_t tapsOf(const ConvShape& shape) {
  return shape.kernelHeight * shape.kernelWidth;
}

}  // namespace

Conv::Conv(const kernels::Kernels& kernels, const ConvShape& shape, PackedMatrix packed)
    : kernels_(&kernels),
      shape_(shape),
      packed_(std::move(packed)),
      inPitch_(shape.in),
      outPitch_(outChannels()) {
  assert(tapsOf(shape) <= kMostTaps);
}

Conv::Conv(const kernels::Kernels& kernels, const ConvShape& shape, bool glu, const float* weight,
           const float* bias)
    : Conv(kernels, shape,
           PackedMatrix(
               kernels.weightGemm, tapsOf(shape), shape.in, shape.out, glu,
               [&](std::size_t tap, std::size_t k, std::size_t column) {
                 return weight[(column * shape.in + k) * tapsOf(shape) + tap];
               },
               [&](std::size_t column) { return bias == nullptr ? 0.0f : bias[column]; })) {}

Conv Conv::transposedHeightPhase(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                                 std::size_t kernel, std::size_t stride, std::size_t phase,
                                 const float* weight, const float* bias) {
  const std::size_t taps = kernel / stride;
  const ConvShape shape{.in = in, .out = out, .kernelHeight = taps, .paddingHeight = taps - 1};
  return {kernels, shape,
          PackedMatrix(
              kernels.weightGemm, taps, in, out, false,
              [&](std::size_t tap, std::size_t k, std::size_t column) {
                return weight[(k * out + column) * kernel + phase + (taps - 1 - tap) * stride];
              },
              [&](std::size_t column) { return bias[column]; })};
}

Conv Conv::transposedWidth(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                           std::size_t kernel, std::size_t stride, const float* weight,
                           const float* bias) {
  const std::size_t taps = kernel / stride;
  const ConvShape shape{
      .in = in, .out = out * stride, .kernelWidth = taps, .paddingWidth = taps - 1};
  return {kernels, shape,
          PackedMatrix(
              kernels.weightGemm, taps, in, shape.out, false,
              [&](std::size_t tap, std::size_t k, std::size_t column) {
                const std::size_t at = (k * out + column % out) * kernel + column / out;
                return weight[at + (taps - 1 - tap) * stride];
              },
              [&](std::size_t column) { return bias[column % out]; })};
}

/// @param plain the weights of those panels
void Conv::rowPanels(const Position& position, const Panels& panels,
                     const kernels::PackedGemm& plain, float* out, const Epilogue& epilogue) const {
  const auto& [x, height, width, row, begin, end] = position;
  const bool contiguous = shape_.dilationWidth == 1 && packed_.isGapless() && inPitch_ == shape_.in;
  const kernels::PackedGemm merged = PackedMatrix::merged(plain, shape_.kernelWidth);
  const std::size_t offset = packed_.columnOf(panels.first);
  const std::size_t place = packed_.placeOf(offset);
  const auto shifted = [](const float* from, std::size_t by) {
    return from == nullptr ? nullptr : from + by;
  };
  std::array<kernels::GemmTap, kMostTaps> taps;

  for (std::size_t column = begin; column < end;) {
    const Run run = runAt(shape_, width, column, end);
    const bool whole = contiguous && run.firstTap == 0 && run.lastTap == shape_.kernelWidth;
    std::size_t count = 0;
    for (std::size_t h = 0; h < shape_.kernelHeight; ++h) {
      const std::ptrdiff_t line = static_cast<std::ptrdiff_t>(row * shape_.strideHeight + h) -
                                  static_cast<std::ptrdiff_t>(shape_.paddingHeight);
      if (line < 0 || line >= static_cast<std::ptrdiff_t>(height)) continue;
      const auto at = [&](std::size_t tap) {
        const std::ptrdiff_t from = static_cast<std::ptrdiff_t>(run.begin * shape_.strideWidth +
                                                                tap * shape_.dilationWidth) -
                                    static_cast<std::ptrdiff_t>(shape_.paddingWidth);
        return x + (line * static_cast<std::ptrdiff_t>(width) + from) *
                       static_cast<std::ptrdiff_t>(inPitch_);
      };
      if (whole) {
        taps[count++] = {at(0), h};
        continue;
      }
      for (std::size_t w = run.firstTap; w < run.lastTap; ++w) {
        taps[count++] = {at(w), h * shape_.kernelWidth + w};
      }
    }
    kernels_->weightGemm.run(
        {.taps = taps.data(),
         .tapCount = count,
         .rowStride = shape_.strideWidth * inPitch_,
         .rows = run.end - run.begin,
         .weights = whole ? &merged : &plain,
         .out = out + run.begin * outPitch_ + offset,
         .outStride = outPitch_,
         .activation = epilogue.activation,
         .gain = shifted(epilogue.gain, place),
         .bias = shifted(epilogue.bias, place),
         .scale = shifted(epilogue.scale, offset),
         .residual = shifted(epilogue.residual, run.begin * outPitch_ + offset),
         .residualStride = outPitch_});
    column = run.end;
  }
}

void Conv::row(const float* x, std::size_t height, std::size_t width, std::size_t row,
               std::size_t begin, std::size_t end, float* out, const Epilogue& epilogue) const {
  rowPanels({x, height, width, row, begin, end}, {0, packed_.panelCount()}, packed_.view(), out,
            epilogue);
}

void Conv::forward(const float* x, std::size_t height, std::size_t width, std::size_t columns,
                   float* out, const Epilogue& epilogue, core::ThreadPool& pool,
                   float* scratch) const {
  const std::size_t rows = shape_.outHeight(height);
  if (rows == 0 || columns == 0) return;
  const Cut cut =
      cutFor(kernels_->weightGemm, {rows, columns, packed_.panelCount(), chunk()}, pool.size());
  const std::size_t chunks = blocksOf(columns, cut.rows);
  const std::size_t rowSize = columns * outPitch_;
  const auto share = [&](const Panels& all, std::size_t perTask, const auto& weightsOf) {
    const std::size_t groups = (all.count + perTask - 1) / perTask;
    pool.parallelFor(rows * chunks * groups, [&](std::size_t index, unsigned) {
      const std::size_t r = index / groups / chunks;
      const std::size_t begin = index / groups % chunks * cut.rows;
      const std::size_t from = index % groups * perTask;
      const Panels some{all.first + from, std::min(perTask, all.count - from)};
      Epilogue here = epilogue;
      if (here.residual != nullptr) here.residual += r * rowSize;
      rowPanels({x, height, width, r, begin, std::min(columns, begin + cut.rows)}, some,
                weightsOf(some), out + r * rowSize, here);
    });
  };
  if (!packed_.isNarrow()) {
    share({0, packed_.panelCount()}, cut.panels,
          [&](const Panels& some) { return packed_.panels(some.first, some.count); });
    return;
  }
  // Panel by panel, which all rows then read from the cache.
  for (std::size_t panel = 0; panel < packed_.panelCount(); ++panel) {
    const auto weights = packed_.widened(kernels_->elementwise, panel, scratch);
    share({panel, 1}, 1, [&](const Panels&) -> const kernels::PackedGemm& { return weights; });
  }
}

}  // namespace stemwright::nn
