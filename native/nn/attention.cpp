#include "nn/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Queries that one task carries, and keys that it meets at a time: a block of scores and the
/// packed keys stay in the second-level cache.
constexpr std::size_t kQueryBlock = 84;
constexpr std::size_t kKeyBlock = 256;

/// Depth as one gemm stores it: rows of a panel, or pairs of them.
std::size_t storedDepth(const kernels::GemmKernels& gemm, std::size_t depth) {
  return gemm.isBf16 ? blocksOf(depth, gemm.depthStep) * gemm.depthStep / 2 : depth;
}

/// Floats of a [depth, columns] matrix in panels of two vectors.
std::size_t packedSize(const kernels::GemmKernels& gemm, std::size_t depth, std::size_t columns) {
  return storedDepth(gemm, depth) * blocksOf(columns, 2 * gemm.lanes) * 2 * gemm.lanes;
}

/// Calls body(first, valid, stored, panel) for each panel of a matrix: its columns from `first` on,
/// as many as there are, and as many as are stored.
template <typename Body>
void forPanels(const kernels::GemmKernels& gemm, std::size_t depth, std::size_t columns,
               float* panels, Body&& body) {
  const std::size_t width = 2 * gemm.lanes;
  for (std::size_t first = 0; first < columns; first += width) {
    const std::size_t left = columns - first;
    const std::size_t stored = gemm.hasNarrowPanels && left <= gemm.lanes ? gemm.lanes : width;
    const std::size_t valid = std::min(left, stored);
    if (valid < stored) std::fill_n(panels, storedDepth(gemm, depth) * stored, 0.0f);
    body(first, valid, stored, panels);
    panels += storedDepth(gemm, depth) * width;
  }
}

/// The transpose of rows [columns, depth]; a bf16 level rounds them in place first.
void packTransposed(const kernels::Kernels& kernels, float* rows, std::size_t stride,
                    std::size_t depth, std::size_t columns, float* panels) {
  const kernels::GemmKernels& gemm = kernels.weightGemm;
  std::size_t numbers = depth;  // of a row, in the place of floats
  if (gemm.isBf16) {
    numbers = blocksOf(depth, 2);
    for (std::size_t column = 0; column < columns; ++column) {
      auto* const row = reinterpret_cast<std::uint16_t*>(rows + column * stride);
      gemm.round(rows + column * stride, row, depth);
      if (depth % 2 != 0) row[depth] = 0;
    }
  }
  forPanels(
      gemm, depth, columns, panels,
      [&](std::size_t first, std::size_t valid, std::size_t stored, float* panel) {
        kernels.elementwise.transpose(rows + first * stride, stride, panel, stored, valid, numbers);
        std::fill_n(panel + numbers * stored, (storedDepth(gemm, depth) - numbers) * stored, 0.0f);
      });
}

/// Rows [depth, columns] as they are.
void packRows(const kernels::GemmKernels& gemm, const float* rows, std::size_t stride,
              std::size_t depth, std::size_t columns, float* panels) {
  const auto pack = [&](std::size_t first, std::size_t valid, std::size_t stored, float* panel) {
    const float* const x = rows + first;
    const std::size_t all = storedDepth(gemm, depth);
    for (std::size_t row = 0; row < all; ++row) {
      float* const to = panel + row * stored;
      if (!gemm.isBf16) {
        std::copy_n(x + row * stride, valid, to);
      } else if (2 * row < depth) {
        const float* const even = x + 2 * row * stride;
        gemm.roundPairs(even, 2 * row + 1 < depth ? even + stride : nullptr,
                        reinterpret_cast<std::uint16_t*>(to), valid);
      } else {
        std::fill_n(to, stored, 0.0f);
      }
    }
  };
  forPanels(gemm, depth, columns, panels, pack);
}

}  // namespace

struct Attention::Buffers {
  float* query;     ///< [queries, dim]
  float* keyValue;  ///< [keys, keyValue_.outPitch()]
  float* joined;    ///< [queries, dim]: heads side by side
  float* zeros;     ///< bias of the products between activations
  float* packed;    ///< per head: blocks of keys and of values in turn
  float* scores;    ///< [worker, kQueryBlock, kKeyBlock]
};

std::size_t Attention::packedKeys() const {
  return packedSize(kernels_->weightGemm, dim_ / heads_, kKeyBlock);
}

std::size_t Attention::packedValues() const {
  return packedSize(kernels_->weightGemm, kKeyBlock, dim_ / heads_);
}

std::size_t Attention::packedHead(std::size_t keys) const {
  return blocksOf(keys, kKeyBlock) * (packedKeys() + packedValues());
}

std::size_t Attention::zerosSize() const {
  return std::max(kKeyBlock, dim_ / heads_) + 2 * kernels_->gemm.lanes;
}

Attention::Attention(const kernels::Kernels& kernels, std::size_t dim, std::size_t heads,
                     const float* inWeight, const float* inBias, const float* outWeight,
                     const float* outBias)
    : kernels_(&kernels),
      dim_(dim),
      heads_(heads),
      query_(kernels, {.in = dim, .out = dim}, false, inWeight, inBias),
      keyValue_(kernels, {.in = dim, .out = 2 * dim}, false, inWeight + dim * dim, inBias + dim),
      output_(kernels, {.in = dim, .out = dim}, false, outWeight, outBias) {
  keyValue_.space(dim, pitchOf(2 * dim));
}

Attention::Buffers Attention::carve(float* scratch, std::size_t queries, std::size_t keys) const {
  const auto take = [&](std::size_t count) {
    return std::exchange(scratch, scratch + core::paddedCount<float>(count));
  };
  Buffers b{};
  b.query = take(queries * dim_);
  b.keyValue = take(keys * keyValue_.outPitch());
  b.joined = take(queries * dim_);
  b.zeros = take(zerosSize());
  b.packed = take(heads_ * packedHead(keys));
  b.scores = scratch;
  return b;
}

std::size_t Attention::scratchSize(std::size_t queries, std::size_t keys, unsigned workers) const {
  using core::paddedCount;
  return 2 * paddedCount<float>(queries * dim_) + paddedCount<float>(keys * keyValue_.outPitch()) +
         paddedCount<float>(zerosSize()) + paddedCount<float>(heads_ * packedHead(keys)) +
         workers * kQueryBlock * kKeyBlock;
}

void Attention::packBlock(const Buffers& b, std::size_t keys, std::size_t head,
                          std::size_t block) const {
  const std::size_t width = dim_ / heads_;
  float* packed = b.packed + head * packedHead(keys) + block * (packedKeys() + packedValues());
  const std::size_t first = block * kKeyBlock;
  const std::size_t count = std::min(kKeyBlock, keys - first);
  const std::size_t stride = keyValue_.outPitch();
  float* key = b.keyValue + first * stride + head * width;
  packTransposed(*kernels_, key, stride, width, count, packed);
  packRows(kernels_->weightGemm, key + dim_, stride, count, width, packed + packedKeys());
}

void Attention::attend(const Buffers& b, std::size_t queries, std::size_t keys, std::size_t head,
                       std::size_t block, float* scores) const {
  const std::size_t width = dim_ / heads_;
  const std::size_t first = block * kQueryBlock;
  const std::size_t rows = std::min(kQueryBlock, queries - first);
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  const bool isBf16 = kernels_->weightGemm.isBf16;
  const kernels::GemmTap queryTap{b.query + first * dim_ + head * width, 0};
  float* out = b.joined + first * dim_ + head * width;

  std::array<float, kQueryBlock> peak;
  std::array<float, kQueryBlock> total;
  std::array<float, kQueryBlock> fade;
  peak.fill(-std::numeric_limits<float>::infinity());
  total.fill(0.0f);

  const float* packed = b.packed + head * packedHead(keys);
  for (std::size_t key = 0; key < keys; key += kKeyBlock) {
    const std::size_t count = std::min(kKeyBlock, keys - key);
    const kernels::PackedGemm keyView{packed, b.zeros, 1, width, count, false};
    const kernels::PackedGemm valueView{packed + packedKeys(), b.zeros, 1, count, width, false};
    packed += packedKeys() + packedValues();
    kernels_->weightGemm.run({.taps = &queryTap,
                              .tapCount = 1,
                              .rowStride = dim_,
                              .rows = rows,
                              .weights = &keyView,
                              .out = scores,
                              .outStride = kKeyBlock});
    kernels_->softmax.run(
        {scores, kKeyBlock, rows, count, scale, peak.data(), total.data(), fade.data()});
    for (std::size_t r = 0; key != 0 && r < rows; ++r) {
      if (fade[r] == 1.0f) continue;
      kernels_->elementwise.scaleOffset(out + r * dim_, fade[r], 0.0f, out + r * dim_, width);
    }
    const kernels::GemmTap weightTap{scores, 0};
    kernels_->weightGemm.run({.taps = &weightTap,
                              .tapCount = 1,
                              .rowStride = isBf16 ? 2 * kKeyBlock : kKeyBlock,
                              .rows = rows,
                              .weights = &valueView,
                              .out = out,
                              .outStride = dim_,
                              .residual = key == 0 ? nullptr : out,
                              .residualStride = dim_,
                              .isRounded = isBf16});
  }
  for (std::size_t r = 0; r < rows; ++r) {
    kernels_->elementwise.scaleOffset(out + r * dim_, 1.0f / total[r], 0.0f, out + r * dim_, width);
  }
}

void Attention::forward(const float* query, std::size_t queries, const float* memory,
                        std::size_t keys, float* out, const Epilogue& epilogue, float* scratch,
                        core::ThreadPool& pool) const {
  const Buffers b = carve(scratch, queries, keys);
  std::fill_n(b.zeros, zerosSize(), 0.0f);
  query_.forward(query, 1, queries, b.query, {}, pool);
  keyValue_.forward(memory, 1, keys, b.keyValue, {}, pool);
  pool.parallelFor(heads_ * blocksOf(keys, kKeyBlock), [&](std::size_t index, unsigned) {
    packBlock(b, keys, index % heads_, index / heads_);
  });
  const std::size_t blocks = blocksOf(queries, kQueryBlock);
  pool.parallelFor(heads_ * blocks, [&](std::size_t index, unsigned worker) {
    attend(b, queries, keys, index / blocks, index % blocks,
           b.scores + worker * kQueryBlock * kKeyBlock);
  });
  output_.forward(b.joined, 1, queries, out, epilogue, pool);
}

}  // namespace stemwright::nn
