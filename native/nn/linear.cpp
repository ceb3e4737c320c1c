#include "nn/linear.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <limits>
#include <vector>

#include "nn/blocks.h"

namespace stemwright::nn {

Linear::Linear(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
               const float* weight, const float* bias, kernels::Activation activation)
    : kernels_(&kernels),
      in_(in),
      activation_(activation),
      packed_(
          kernels.weightGemm, 1, in, out, activation == kernels::Activation::kGlu,
          [&](std::size_t, std::size_t k, std::size_t column) { return weight[column * in + k]; },
          [&](std::size_t column) { return bias == nullptr ? 0.0f : bias[column]; }) {}

void Linear::multiply(const float* x, std::size_t rows, std::size_t firstPanel, std::size_t panels,
                      float* out) const {
  const kernels::PackedGemm part = packed_.panels(firstPanel, panels);
  const kernels::GemmTap tap{x, 0};
  kernels_->weightGemm.run({.taps = &tap,
                            .tapCount = 1,
                            .rowStride = in_,
                            .rows = rows,
                            .weights = &part,
                            .out = out + packed_.columnOf(firstPanel),
                            .outStride = this->out(),
                            .activation = activation_});
}

void Linear::share(const float* x, std::size_t rows, float* out, core::ThreadPool& pool) const {
  const std::size_t block = kernels_->weightGemm.rowBlock * 8;
  if (blocksOf(rows, block) >= pool.size()) {
    pool.parallelFor(blocksOf(rows, block), [&](std::size_t index, unsigned) {
      const std::size_t begin = index * block;
      multiply(x + begin * in_, std::min(block, rows - begin), 0, packed_.panelCount(),
               out + begin * this->out());
    });
    return;
  }
  const std::size_t perTask = blocksOf(packed_.panelCount(), pool.size());
  pool.parallelFor(blocksOf(packed_.panelCount(), perTask), [&](std::size_t index, unsigned) {
    const std::size_t first = index * perTask;
    multiply(x, rows, first, std::min(perTask, packed_.panelCount() - first), out);
  });
}

void Linear::forward(const float* x, std::size_t rows, float* out, core::ThreadPool& pool) const {
  if (rows < batchThreshold_) {
    multiply(x, rows, 0, packed_.panelCount(), out);
  } else {
    share(x, rows, out, pool);
  }
}

std::size_t Linear::autotune(core::ThreadPool& pool) {
  constexpr std::array<std::size_t, 4> kThresholds{2, 4, 8, 16};
  constexpr std::size_t kMostRows = 16;
  constexpr int kRounds = 15;
  const std::vector<float> x(kMostRows * in_, 0.5f);
  std::vector<float> result(kMostRows * out());
  using Clock = std::chrono::steady_clock;
  std::array<Clock::duration, kThresholds.size()> best;
  best.fill(Clock::duration::max());
  // In turn, so that a busy moment is nobody's disadvantage.
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < kThresholds.size(); ++i) {
      batchThreshold_ = kThresholds[i];
      const auto start = Clock::now();
      for (const std::size_t rows : {1, 2, 3, 4, 6, 8, 12, 16}) {
        forward(x.data(), rows, result.data(), pool);
      }
      best[i] = std::min(best[i], Clock::now() - start);
    }
  }
  batchThreshold_ = kThresholds[static_cast<std::size_t>(
      std::min_element(best.begin(), best.end()) - best.begin())];
  return batchThreshold_;
}

}  // namespace stemwright::nn
