#include "nn/attention.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Queries that one task carries, and keys that it meets at a time: a block of scores and the
/// packed keys stay in the second-level cache.
constexpr std::size_t kQueryBlock = 84;
constexpr std::size_t kKeyBlock = 256;

/// Floats of a [depth, columns] matrix in panels of two vectors.
std::size_t packedSize(std::size_t depth, std::size_t columns, std::size_t lanes) {
  return depth * blocksOf(columns, 2 * lanes) * 2 * lanes;
}

/// Rearranges x [depth, columns] (any strides) into panels.
void packPanels(const float* x, std::size_t depthStride, std::size_t columnStride,
                std::size_t depth, std::size_t columns, std::size_t lanes, float* panels) {
  const std::size_t width = 2 * lanes;
  for (std::size_t first = 0; first < columns; first += width) {
    const std::size_t left = columns - first;
    const std::size_t stored = left <= lanes ? lanes : width;
    const std::size_t valid = std::min(left, stored);
    for (std::size_t k = 0; k < depth; ++k) {
      const float* from = x + k * depthStride + first * columnStride;
      for (std::size_t c = 0; c < valid; ++c) panels[k * stored + c] = from[c * columnStride];
      for (std::size_t c = valid; c < stored; ++c) panels[k * stored + c] = 0.0f;
    }
    panels += depth * width;
  }
}

}  // namespace

struct Attention::Buffers {
  float* query;     ///< [queries, dim]
  float* keyValue;  ///< [keys, 2 dim]
  float* joined;    ///< [queries, dim]: heads side by side
  float* zeros;     ///< bias of the products between activations
  float* packed;    ///< per head: blocks of keys and of values in turn
  float* scores;    ///< [worker, kQueryBlock, kKeyBlock]
};

std::size_t Attention::packedKeys() const {
  return packedSize(dim_ / heads_, kKeyBlock, kernels_->gemm.lanes);
}

std::size_t Attention::packedValues() const {
  return packedSize(kKeyBlock, dim_ / heads_, kernels_->gemm.lanes);
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
      output_(kernels, {.in = dim, .out = dim}, false, outWeight, outBias) {}

Attention::Buffers Attention::carve(float* scratch, std::size_t queries, std::size_t keys) const {
  const auto take = [&](std::size_t count) {
    return std::exchange(scratch, scratch + core::paddedCount<float>(count));
  };
  Buffers b{};
  b.query = take(queries * dim_);
  b.keyValue = take(keys * 2 * dim_);
  b.joined = take(queries * dim_);
  b.zeros = take(zerosSize());
  b.packed = take(heads_ * packedHead(keys));
  b.scores = scratch;
  return b;
}

std::size_t Attention::scratchSize(std::size_t queries, std::size_t keys, unsigned workers) const {
  using core::paddedCount;
  return 2 * paddedCount<float>(queries * dim_) + paddedCount<float>(keys * 2 * dim_) +
         paddedCount<float>(zerosSize()) + paddedCount<float>(heads_ * packedHead(keys)) +
         workers * kQueryBlock * kKeyBlock;
}

void Attention::packHead(const Buffers& b, std::size_t keys, std::size_t head) const {
  const std::size_t lanes = kernels_->gemm.lanes;
  const std::size_t width = dim_ / heads_;
  float* packed = b.packed + head * packedHead(keys);
  for (std::size_t first = 0; first < keys; first += kKeyBlock) {
    const std::size_t count = std::min(kKeyBlock, keys - first);
    const float* key = b.keyValue + first * 2 * dim_ + head * width;
    packPanels(key, 1, 2 * dim_, width, count, lanes, packed);
    packPanels(key + dim_, 2 * dim_, 1, count, width, lanes, packed + packedKeys());
    packed += packedKeys() + packedValues();
  }
}

void Attention::attend(const Buffers& b, std::size_t queries, std::size_t keys, std::size_t head,
                       std::size_t block, float* scores) const {
  const std::size_t width = dim_ / heads_;
  const std::size_t first = block * kQueryBlock;
  const std::size_t rows = std::min(kQueryBlock, queries - first);
  const float scale = 1.0f / std::sqrt(static_cast<float>(width));
  const kernels::GemmTap queryTap{b.query + first * dim_ + head * width, 0};
  float* out = b.joined + first * dim_ + head * width;

  std::array<float, kQueryBlock> peak;
  std::array<float, kQueryBlock> total;
  peak.fill(-std::numeric_limits<float>::infinity());
  total.fill(0.0f);

  const float* packed = b.packed + head * packedHead(keys);
  for (std::size_t key = 0; key < keys; key += kKeyBlock) {
    const std::size_t count = std::min(kKeyBlock, keys - key);
    const kernels::PackedGemm keyView{packed, b.zeros, 1, width, count, false};
    const kernels::PackedGemm valueView{packed + packedKeys(), b.zeros, 1, count, width, false};
    packed += packedKeys() + packedValues();
    kernels_->gemm.run({.taps = &queryTap,
                        .tapCount = 1,
                        .rowStride = dim_,
                        .rows = rows,
                        .weights = &keyView,
                        .out = scores,
                        .outStride = kKeyBlock});
    for (std::size_t r = 0; r < rows; ++r) {
      float* row = scores + r * kKeyBlock;
      const float highest = std::max(peak[r], kernels_->elementwise.maxRow(row, count));
      const float fade = std::exp((peak[r] - highest) * scale);
      total[r] = total[r] * fade + kernels_->elementwise.expRow(row, scale, highest, count);
      peak[r] = highest;
      if (key != 0 && fade != 1.0f) {
        kernels_->elementwise.scaleOffset(out + r * dim_, fade, 0.0f, out + r * dim_, width);
      }
    }
    const kernels::GemmTap weightTap{scores, 0};
    kernels_->gemm.run({.taps = &weightTap,
                        .tapCount = 1,
                        .rowStride = kKeyBlock,
                        .rows = rows,
                        .weights = &valueView,
                        .out = out,
                        .outStride = dim_,
                        .residual = key == 0 ? nullptr : out,
                        .residualStride = dim_});
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
  pool.parallelFor(heads_, [&](std::size_t head, unsigned) { packHead(b, keys, head); });
  const std::size_t blocks = blocksOf(queries, kQueryBlock);
  pool.parallelFor(heads_ * blocks, [&](std::size_t index, unsigned worker) {
    attend(b, queries, keys, index / blocks, index % blocks,
           b.scores + worker * kQueryBlock * kKeyBlock);
  });
  output_.forward(b.joined, 1, queries, out, epilogue, pool);
}

}  // namespace stemwright::nn
