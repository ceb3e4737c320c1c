#include "nn/partition.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "nn/blocks.h"

namespace stemwright::nn {

// A task of many rows reads its weights less often; what it does to its rows first (rounding them
// to bf16, finding their places) is to be shared by many panels.
Cut cutFor(const kernels::GemmKernels& gemm, const PartitionedProduct& product, unsigned threads) {
  const auto& [lines, rows, panels, mostRows] = product;
  if (threads == 1) return {mostRows, panels};
  const double own = gemm.isBf16 ? 1.5 : 0.25;  // of a task, in panels
  const std::size_t least = std::min((gemm.isBf16 ? 2 : 4) * gemm.rowBlock, mostRows);
  const std::size_t mostGroups = std::min<std::size_t>(panels, 8);
  Cut best{};
  double soonest = std::numeric_limits<double>::infinity();
  for (std::size_t some = mostRows; some >= least; some -= gemm.rowBlock) {
    for (std::size_t groups = 1; groups <= mostGroups; ++groups) {
      const std::size_t perTask = blocksOf(panels, groups);
      const std::size_t tasks = lines * blocksOf(rows, some) * blocksOf(panels, perTask);
      const double task = static_cast<double>(some) * (static_cast<double>(perTask) + own);
      const double each = static_cast<double>(tasks) / threads;
      // So many rounds where all threads are as fast, and half a task more where they are not.
      const double end = task * std::max(std::ceil(each), each + 0.5);
      if (end < soonest) {
        soonest = end;
        best = {some, perTask};
      }
    }
  }
  return best;
}

}  // namespace stemwright::nn
