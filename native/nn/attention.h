#pragma once

#include <cstddef>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"

namespace stemwright::nn {

/// Multi-head attention without a stored score matrix: keys in blocks, a running softmax.
/// Source: Vaswani et al. 2017; Milakov & Gimelshein 2018 for the running softmax.
/// Layout as PyTorch's MultiheadAttention with packed in_proj, batch of one.
class Attention {
 public:
  Attention() = default;

  /// @param inWeight [3 dim, dim], inBias [3 dim]; outWeight [dim, dim], outBias [dim]
  /// @param heads divides dim
  Attention(const kernels::Kernels& kernels, std::size_t dim, std::size_t heads,
            const float* inWeight, const float* inBias, const float* outWeight,
            const float* outBias);

  /// Floats of scratch that forward() needs with this many workers.
  std::size_t scratchSize(std::size_t queries, std::size_t keys, unsigned workers) const;

  /// out = residual + scale * attention(query, memory)
  /// @param query  [queries, dim]
  /// @param memory [keys, dim]; query itself for self-attention
  /// @param epilogue scale and residual of the output projection
  void forward(const float* query, std::size_t queries, const float* memory, std::size_t keys,
               float* out, const Epilogue& epilogue, float* scratch, core::ThreadPool& pool) const;

  std::size_t bytes() const noexcept {
    return query_.bytes() + keyValue_.bytes() + output_.bytes();
  }

 private:
  struct Buffers;
  std::size_t packedKeys() const;    ///< floats of one block of keys
  std::size_t packedValues() const;  ///< floats of one block of values
  std::size_t packedHead(std::size_t keys) const;
  std::size_t zerosSize() const;
  Buffers carve(float* scratch, std::size_t queries, std::size_t keys) const;
  void packBlock(const Buffers& buffers, std::size_t keys, std::size_t head,
                 std::size_t block) const;
  void attend(const Buffers& buffers, std::size_t queries, std::size_t keys, std::size_t head,
              std::size_t block, float* scores) const;

  const kernels::Kernels* kernels_ = nullptr;
  std::size_t dim_ = 0;
  std::size_t heads_ = 0;
  Conv query_;     ///< dim -> dim
  Conv keyValue_;  ///< dim -> 2 dim
  Conv output_;    ///< dim -> dim
};

}  // namespace stemwright::nn
