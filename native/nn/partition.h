#pragma once

#include <cstddef>

#include "kernels/gemm/gemm.h"

namespace stemwright::nn {

/// A product as tasks see it.
struct PartitionedProduct {
  std::size_t lines;     ///< that no task may join
  std::size_t rows;      ///< of each line
  std::size_t panels;    ///< of the weights
  std::size_t mostRows;  ///< that one task can take: a multiple of the kernel's row block
};

/// What one task takes of it.
struct Cut {
  std::size_t rows, panels;
};

/// Cuts a product so that the last of the threads is done soonest, as far as that can be foretold.
Cut cutFor(const kernels::GemmKernels& gemm, const PartitionedProduct& product, unsigned threads);

}  // namespace stemwright::nn
