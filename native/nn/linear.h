#pragma once

#include <cstddef>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/packed_matrix.h"

namespace stemwright::nn {

/// torch.nn.Linear over [rows, in], with an activation fused into the store. Immutable but for its
/// threshold. [thread-safe: const]
class Linear {
 public:
  static constexpr std::size_t kDefaultBatchThreshold = 4;

  /// @param out     rows of the weight; glu halves what is stored
  /// @param weight  PyTorch's [out, in] @param bias [out] or null
  Linear(const kernels::Kernels& kernels, std::size_t in, std::size_t out, const float* weight,
         const float* bias, kernels::Activation activation = kernels::Activation::kNone);

  std::size_t in() const noexcept { return in_; }
  /// Columns stored per row.
  std::size_t out() const noexcept { return packed_.view().outCols; }
  std::size_t bytes() const noexcept { return packed_.bytes(); }

  /// Fewer rows than this are multiplied on the caller's thread, from it on they are shared among
  /// the pool: waking workers costs more than a small product.
  std::size_t batchThreshold() const noexcept { return batchThreshold_; }
  void setBatchThreshold(std::size_t rows) noexcept { batchThreshold_ = rows; }

  /// Measures the thresholds 2, 4, 8 and 16 on batches of 1 to 16 rows and keeps the fastest.
  /// Takes some milliseconds. [not thread-safe]
  /// @return the one kept
  std::size_t autotune(core::ThreadPool& pool);

  /// Allocates nothing. @param x [rows, in], must not overlap out @param out [rows, out()]
  void forward(const float* x, std::size_t rows, float* out, core::ThreadPool& pool) const;

 private:
  void multiply(const float* x, std::size_t rows, std::size_t firstPanel, std::size_t panels,
                float* out) const;
  void share(const float* x, std::size_t rows, float* out, core::ThreadPool& pool) const;

  const kernels::Kernels* kernels_;
  std::size_t in_;
  kernels::Activation activation_;
  PackedMatrix packed_;
  std::size_t batchThreshold_ = kDefaultBatchThreshold;
};

}  // namespace stemwright::nn
