#include "nn/attention.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/half.h"
#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Queries that one task carries, and keys that it meets at a time: a block of scores and the
/// packed keys stay in the second-level cache.
constexpr std::size_t kQueryBlock = 84;
constexpr std::size_t kKeyBlock = 256;

/// Depth as one gemm stores it.
std::size_t storedDepth(const kernels::GemmKernels& gemm, std::size_t depth) {
  return gemm.isBf16 ? blocksOf(depth, kernels::kBf16Depth) * kernels::kBf16Depth / 2 : depth;
}

/// Floats of a [depth, columns] matrix in panels of two vectors.
std::size_t packedSize(const kernels::GemmKernels& gemm, std::size_t depth, std::size_t columns) {
  return storedDepth(gemm, depth) * blocksOf(columns, 2 * gemm.lanes) * 2 * gemm.lanes;
}

/// A matrix of any strides.
struct Strided {
  const float* x;
  std::size_t depthStride;
  std::size_t columnStride;

  float at(std::size_t k, std::size_t column) const {
    return x[k * depthStride + column * columnStride];
  }
};

/// Rearranges [depth, columns] into panels.
void packFloats(const Strided& from, std::size_t depth, std::size_t columns, std::size_t lanes,
                float* panels) {
  const std::size_t width = 2 * lanes;
  for (std::size_t first = 0; first < columns; first += width) {
    const std::size_t left = columns - first;
    const std::size_t stored = left <= lanes ? lanes : width;
    const std::size_t valid = std::min(left, stored);
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t c = 0; c < valid; ++c) panels[k * stored + c] = from.at(k, first + c);
      for (std::size_t c = valid; c < stored; ++c) panels[k * stored + c] = 0.0f;
    }
    panels += depth * width;
  }
}

/// The same as bf16: two neighbours along the depth in a float's place, what is missing zero.
void packBf16(const Strided& from, std::size_t depth, std::size_t columns, std::size_t lanes,
              std::size_t stored, float* panels) {
  const std::size_t width = 2 * lanes;
  for (std::size_t first = 0; first < columns; first += width) {
    const std::size_t valid = std::min(columns - first, width);
    for (std::size_t k = 0; k < 2 * stored; k += 2) {
      for (std::size_t c = 0; c < width; ++c) {
        const auto rounded = [&](std::size_t at) -> std::uint32_t {
          return at < depth && c < valid ? core::floatToBfloat16(from.at(at, first + c)) : 0;
        };
        panels[k / 2 * width + c] = std::bit_cast<float>(rounded(k) | rounded(k + 1) << 16);
      }
    }
    panels += stored * width;
  }
}

void packPanels(const kernels::GemmKernels& gemm, const Strided& from, std::size_t depth,
                std::size_t columns, float* panels) {
  if (gemm.isBf16) {
    packBf16(from, depth, columns, gemm.lanes, storedDepth(gemm, depth), panels);
  } else {
    packFloats(from, depth, columns, gemm.lanes, panels);
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

void Attention::packBlock(const Buffers& b, std::size_t keys, std::size_t head,
                          std::size_t block) const {
  const kernels::GemmKernels& gemm = kernels_->weightGemm;
  const std::size_t width = dim_ / heads_;
  float* packed = b.packed + head * packedHead(keys) + block * (packedKeys() + packedValues());
  const std::size_t first = block * kKeyBlock;
  const std::size_t count = std::min(kKeyBlock, keys - first);
  const float* key = b.keyValue + first * 2 * dim_ + head * width;
  packPanels(gemm, {key, 1, 2 * dim_}, width, count, packed);
  packPanels(gemm, {key + dim_, 2 * dim_, 1}, count, width, packed + packedKeys());
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
    kernels_->weightGemm.run({.taps = &queryTap,
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
    kernels_->weightGemm.run({.taps = &weightTap,
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
