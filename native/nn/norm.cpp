#include "nn/norm.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Rows that one task takes.
std::size_t blockOf(std::size_t channels) {
  constexpr std::size_t kNumbers = 32768;
  return std::max<std::size_t>(1, kNumbers / channels);
}

auto loopOn(core::ThreadPool& pool) {
  return [&pool](std::size_t count, auto&& task) { pool.parallelFor(count, task); };
}

}  // namespace

double inverseStd(const kernels::Moments& moments) {
  return 1.0 / std::sqrt(moments.m2 / moments.count + kNormEpsilon);
}

kernels::Moments momentsOf(const kernels::Kernels& kernels, const float* x, std::size_t stride,
                           std::size_t rows, std::size_t cols, core::ThreadPool& pool,
                           NormAlgorithm algorithm) {
  const kernels::MomentsFunction moments = kernels::momentsBy(kernels.norm, algorithm);
  return momentsOfBlocks(rows, blockOf(cols), loopOn(pool),
                         [&](std::size_t begin, std::size_t end, unsigned) {
                           return moments(x + begin * stride, stride, end - begin, cols);
                         });
}

namespace {

/// Columns whose sums lie on the stack.
constexpr std::size_t kMostColumns = 512;
/// Rows that are summed in plain floats before they join the rest.
constexpr std::size_t kColumnRows = 256;

/// A sum in two floats (Kahan 1965).
struct Compensated {
  float sum = 0;
  float lost = 0;

  void add(float value) {
    const float term = value - lost;
    const float next = sum + term;
    lost = (next - sum) - term;
    sum = next;
  }
  double whole() const { return static_cast<double>(sum) - static_cast<double>(lost); }
};

/// What is known of a group so far, by whichever way it is summed.
struct GroupSums {
  Compensated total, squares;  ///< kStandard uses them without what they lose
  kernels::Moments moments;

  void add(NormAlgorithm algorithm, float shift, float sum, float square, double count) {
    if (algorithm == NormAlgorithm::kStandard) {
      total.sum += sum;
      squares.sum += square;
    } else if (algorithm == NormAlgorithm::kKahan) {
      total.add(sum);
      squares.add(square);
    } else {
      const double offset = static_cast<double>(sum) / count;
      const double m2 = static_cast<double>(square) - static_cast<double>(sum) * offset;
      moments =
          kernels::merge(moments, {count, static_cast<double>(shift) + offset, m2 > 0 ? m2 : 0.0});
    }
  }
  kernels::Moments result(NormAlgorithm algorithm, float shift, double count) const {
    if (algorithm == NormAlgorithm::kWelford) return moments;
    if (algorithm == NormAlgorithm::kStandard) {
      const auto n = static_cast<float>(count);
      const float mean = total.sum / n;
      const float m2 = squares.sum - mean * mean * n;
      return {count, mean, m2 > 0 ? m2 : 0};
    }
    const double offset = total.whole() / count;
    const double m2 = squares.whole() - offset * offset * count;
    return {count, static_cast<double>(shift) + offset, m2 > 0 ? m2 : 0.0};
  }
};

/// Group norm of a few narrow groups side by side, `width` columns each: columns fill the vectors
/// that a single group would leave mostly empty.
void normaliseColumns(const kernels::NormKernels& norm, float* x, std::size_t stride,
                      std::size_t rows, std::size_t width, std::size_t groups, const float* weight,
                      const float* bias, NormAlgorithm algorithm) {
  const std::size_t cols = width * groups;
  std::array<float, kMostColumns> shift, sums, squares;
  std::array<GroupSums, kMostColumns> state{};
  const auto setShifts = [&](const float* row) {
    for (std::size_t c = 0; c < cols; ++c) {
      shift[c] = algorithm == NormAlgorithm::kStandard ? 0.0f : row[c / width * width];
    }
  };
  setShifts(x);
  for (std::size_t r = 0; r < rows; r += kColumnRows) {
    const std::size_t count = std::min(kColumnRows, rows - r);
    if (algorithm == NormAlgorithm::kWelford) setShifts(x + r * stride);
    norm.columnSums(x + r * stride, stride, count, cols, shift.data(), sums.data(), squares.data());
    for (std::size_t group = 0; group < groups; ++group) {
      float sum = 0;
      float square = 0;
      for (std::size_t c = group * width; c < (group + 1) * width; ++c) {
        sum += sums[c];
        square += squares[c];
      }
      state[group].add(algorithm, shift[group * width], sum, square,
                       static_cast<double>(count * width));
    }
  }
  std::array<float, kMostColumns> high, low, scale;
  for (std::size_t group = 0; group < groups; ++group) {
    const kernels::Moments moments =
        state[group].result(algorithm, shift[group * width], static_cast<double>(rows * width));
    const auto mean = static_cast<float>(moments.mean);
    for (std::size_t c = group * width; c < (group + 1) * width; ++c) {
      high[c] = mean;
      low[c] = static_cast<float>(moments.mean - static_cast<double>(mean));
      scale[c] = static_cast<float>(inverseStd(moments)) * weight[c];
    }
  }
  norm.applyColumns(x, stride, rows, cols, high.data(), low.data(), scale.data(), bias);
}

}  // namespace

void groupNorm(const kernels::Kernels& kernels, float* x, std::size_t rows, std::size_t channels,
               std::size_t groups, const Affine& affine, core::ThreadPool& pool,
               NormAlgorithm algorithm) {
  const std::size_t width = channels / groups;
  if (groups > 1 && width < 4 * kernels.gemm.lanes && width <= kMostColumns) {
    // The same sums whatever the number of threads: each group is one thread's.
    const std::size_t share = blocksOf(groups, pool.size());
    const std::size_t perTask = std::max<std::size_t>(1, std::min(share, kMostColumns / width));
    pool.parallelFor(blocksOf(groups, perTask), [&](std::size_t task, unsigned) {
      const std::size_t first = task * perTask;
      normaliseColumns(kernels.norm, x + first * width, channels, rows, width,
                       std::min(perTask, groups - first), affine.weight.data() + first * width,
                       affine.bias.data() + first * width, algorithm);
    });
    return;
  }
  for (std::size_t group = 0; group < groups; ++group) {
    float* columns = x + group * width;
    const kernels::Moments moments =
        momentsOf(kernels, columns, channels, rows, width, pool, algorithm);
    const auto apply = [&](std::size_t begin, std::size_t end, unsigned) {
      float* part = columns + begin * channels;
      kernels.norm.apply({part, channels, part, channels, end - begin, width, moments.mean,
                          inverseStd(moments), affine.weight.data() + group * width,
                          affine.bias.data() + group * width});
    };
    forBlocks(rows, blockOf(channels), loopOn(pool), apply);
  }
}

void layerNorm(const kernels::Kernels& kernels, const float* x, float* out, std::size_t rows,
               std::size_t channels, const Affine& affine, core::ThreadPool& pool,
               const float* offset) {
  const auto apply = [&](std::size_t begin, std::size_t end, unsigned) {
    kernels.norm.layerNorm({x + begin * channels, channels, out + begin * channels, channels,
                            end - begin, channels, 0, 0, affine.weight.data(), affine.bias.data()},
                           static_cast<float>(kNormEpsilon));
    if (offset == nullptr) return;
    float* part = out + begin * channels;
    kernels.elementwise.add(part, offset + begin * channels, part, (end - begin) * channels);
  };
  forBlocks(rows, blockOf(channels), loopOn(pool), apply);
}

}  // namespace stemwright::nn
