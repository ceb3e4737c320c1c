#include "dsp/fft.h"

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <string>
#include <vector>

namespace stemwright::dsp {
namespace {

using kernels::FftKernels;
using kernels::FftPlan;
using kernels::FftStage;

/// Largest n: its planes stay far inside 32-bit indices, and kMaxStages suffice.
constexpr std::size_t kMaxSize = std::size_t{1} << 28;

/// Keeps the planes of large powers of two out of each other's cache sets.
constexpr std::size_t kPlaneSkew = 128;

bool isSupported(std::size_t n) {
  if (n < 2 || n % 2 != 0 || n > kMaxSize) return false;
  for (std::size_t prime : {2, 3, 5}) {
    while (n % prime == 0) n /= prime;
  }
  return n == 1;
}

/// Odd radices first, then as few power-of-two passes as the level allows, evenly wide.
std::vector<int> radicesOf(std::size_t points, int largest) {
  std::vector<int> radices;
  for (int prime : {5, 3}) {
    for (; points % prime == 0; points /= prime) radices.push_back(prime);
  }
  int twos = std::countr_zero(points);
  const int widest = std::countr_zero(static_cast<unsigned>(largest));
  for (int passes = (twos + widest - 1) / widest; passes > 0; --passes) {
    const int width = twos / passes;
    radices.push_back(1 << width);
    twos -= width;
  }
  return radices;
}

/// Writes scale * exp(-2 pi i numerator / denominator); exact on the axes.
void putTwiddle(float& re, float& im, std::size_t numerator, std::size_t denominator,
                double scale = 1) {
  const std::size_t quarters = 4 * (numerator % denominator);
  const double angle = std::numbers::pi / 2 * static_cast<double>(quarters % denominator) /
                       static_cast<double>(denominator);
  const double cosine = scale * std::cos(angle);
  const double sine = scale * std::sin(angle);
  const double turned[4][2] = {{cosine, -sine}, {-sine, -cosine}, {-cosine, sine}, {sine, cosine}};
  re = static_cast<float>(turned[quarters / denominator][0]);
  im = static_cast<float>(turned[quarters / denominator][1]);
}

/// Where block `index` of `lanes` groups starts: the last one is moved back to be whole.
std::size_t blockStart(std::size_t index, std::size_t groups, std::size_t lanes) {
  const std::size_t start = index * lanes;
  return std::min(start, groups - lanes);
}

std::size_t blocksOf(std::size_t count, std::size_t lanes) {
  return (count + lanes - 1) / lanes;
}

std::size_t transposedTwiddleCount(const FftStage& stage, std::size_t lanes) {
  return blocksOf(stage.groups, lanes) * (lanes - 1) * 2 * lanes;
}

void fillTransposedTwiddles(const FftStage& stage, std::size_t lanes, float* out) {
  const std::size_t points = stage.groups * lanes;
  for (std::size_t block = 0; block < blocksOf(stage.groups, lanes); ++block) {
    const std::size_t start = blockStart(block, stage.groups, lanes);
    for (std::size_t k = 1; k < lanes; ++k, out += 2 * lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        putTwiddle(out[lane], out[lanes + lane], (start + lane) * k, points);
      }
    }
  }
}

std::size_t twiddleCount(const FftStage& stage) {
  return (stage.groups - 1) * 2 * static_cast<std::size_t>(stage.radix - 1);
}

void fillTwiddles(const FftStage& stage, float* out) {
  const auto radix = static_cast<std::size_t>(stage.radix);
  for (std::size_t p = 1; p < stage.groups; ++p) {
    for (std::size_t k = 1; k < radix; ++k, out += 2) {
      putTwiddle(out[0], out[1], p * k, stage.groups * radix);
    }
  }
}

/// Up to the middle; to the end where a level cannot take whole vectors from both ends.
std::size_t splitBlocks(std::size_t half, std::size_t lanes) {
  return half < 2 * lanes ? half / lanes + 1 : half / 2 / lanes + 1;
}

void fillSplitTwiddles(std::size_t half, std::size_t lanes, float* out) {
  for (std::size_t block = 0; block < splitBlocks(half, lanes); ++block, out += 2 * lanes) {
    for (std::size_t lane = 0; lane < lanes; ++lane) {
      float minusSine = 0;
      putTwiddle(out[lane], minusSine, block * lanes + lane, 2 * half, 0.5);
      out[lanes + lane] = -minusSine;
    }
  }
}

bool transposes(std::size_t half, const FftKernels& level) {
  return level.lanes > 1 && half % level.lanes == 0 && half >= level.lanes * level.lanes;
}

/// The widest level, up to the one asked for, whose vectors the size fills. Sizes that fill none
/// do best with moderate vectors, the shortest with none.
const FftKernels& fittingLevel(std::size_t half, const kernels::Kernels& level) {
  const FftKernels* filled = nullptr;
  const FftKernels* ragged = nullptr;
  for (kernels::Isa isa : kernels::availableIsas()) {
    const FftKernels& candidate = kernels::kernelsFor(isa)->fft;
    if (transposes(half, candidate)) filled = &candidate;
    if (ragged == nullptr || (candidate.lanes <= 8 && 4 * candidate.lanes <= half)) {
      ragged = &candidate;
    }
    if (isa == level.isa) break;
  }
  return filled != nullptr ? *filled : *ragged;
}

FftPlan planStages(std::size_t half, const FftKernels& level) {
  FftPlan plan;
  plan.half = half;
  plan.plane = core::paddedCount<float>(half + 1) + kPlaneSkew;
  plan.transposed = transposes(half, level);
  std::vector<int> radices =
      radicesOf(plan.transposed ? half / level.lanes : half, level.largestRadix);
  if (plan.transposed) radices.insert(radices.begin(), static_cast<int>(level.lanes));
  std::size_t groups = half;
  std::size_t stride = 1;
  for (int radix : radices) {
    groups /= static_cast<std::size_t>(radix);
    plan.stages[plan.stageCount++] = {radix, groups, stride, nullptr};
    stride *= static_cast<std::size_t>(radix);
  }
  if (plan.transposed) plan.steps = plan.stageCount + 1;
  return plan;
}

/// The runs of a batch that nobody has begun, at most 64. Each worker gets the one it had in the
/// batch before, unless another that was free earlier has it. [thread-safe]
class Runs {
 public:
  static constexpr std::size_t kMost = 64;

  explicit Runs(std::size_t count) : free_(~std::uint64_t{0} >> (kMost - count)) {}

  /// Once for each run.
  std::size_t take(unsigned worker) {
    std::uint64_t free = free_.load(std::memory_order_relaxed);
    for (;;) {
      const bool isOwnFree = worker < kMost && (free >> worker & 1) != 0;
      const unsigned run = isOwnFree ? worker : static_cast<unsigned>(std::countr_zero(free));
      const std::uint64_t left = free & ~(std::uint64_t{1} << run);
      if (free_.compare_exchange_weak(free, left, std::memory_order_relaxed)) return run;
    }
  }

 private:
  std::atomic<std::uint64_t> free_;
};

}  // namespace

core::Result<RealFft> RealFft::create(std::size_t n, const kernels::Kernels& level) {
  if (!isSupported(n)) {
    return core::Error{core::ErrorCode::kInvalidArgument,
                       "FFT of " + std::to_string(n) +
                           " points: the size must be even, with no prime factor but 2, 3 and 5"};
  }
  return RealFft(n / 2, fittingLevel(n / 2, level));
}

RealFft::RealFft(std::size_t half, const FftKernels& level)
    : level_(&level), plan_(planStages(half, level)) {
  const std::size_t lanes = level.lanes;
  const auto countOf = [&](const FftStage& stage) {
    const bool transposed = plan_.transposed && &stage == plan_.stages;
    return core::paddedCount<float>(transposed ? transposedTwiddleCount(stage, lanes)
                                               : twiddleCount(stage));
  };
  std::size_t total = splitBlocks(half, lanes) * 2 * lanes;
  for (std::size_t i = 0; i < plan_.stageCount; ++i) total += countOf(plan_.stages[i]);
  twiddles_ = core::AlignedBuffer<float>(total);

  float* next = twiddles_.data();
  for (std::size_t i = 0; i < plan_.stageCount; ++i) {
    FftStage& stage = plan_.stages[i];
    stage.twiddles = next;
    if (plan_.transposed && i == 0) {
      fillTransposedTwiddles(stage, lanes, next);
    } else {
      fillTwiddles(stage, next);
    }
    next += countOf(stage);
  }
  fillSplitTwiddles(half, lanes, next);
  plan_.splitTwiddles = next;
}

void RealFft::forwardBatch(std::size_t count, const float* in, std::size_t inStride, float* bins,
                           std::size_t binsStride, float* scratch) const noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    level_->forward(plan_, in + i * inStride, bins + i * binsStride, scratch);
  }
}

void RealFft::inverseBatch(std::size_t count, const float* bins, std::size_t binsStride, float* out,
                           std::size_t outStride, float* scratch) const noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    level_->inverse(plan_, bins + i * binsStride, out + i * outStride, scratch);
  }
}

template <typename Run>
void RealFft::share(std::size_t count, float* scratch, core::ThreadPool& pool, Run run) const {
  if (count == 0) return;
  // A row moves from one core's cache to another's more slowly than it is transformed. So each
  // worker gets one run, and in the next batch the same again, unless runs get long: then they go
  // to whoever is free.
  constexpr std::size_t kLeastSamples = 1 << 15;  // some microseconds, which waking takes too
  constexpr std::size_t kLongSamples = 1 << 18;
  const std::size_t samples = count * size();
  const std::size_t most = pool.size() * (samples > pool.size() * kLongSamples ? 4 : 1);
  const std::size_t wanted = std::clamp<std::size_t>(samples / kLeastSamples, 1, most);
  const std::size_t perRun = std::max<std::size_t>(1, blocksOf(count, wanted));
  const std::size_t runs = blocksOf(count, perRun);
  const bool isOnePerWorker = runs <= std::min<std::size_t>(pool.size(), Runs::kMost);
  Runs left(isOnePerWorker ? runs : Runs::kMost);
  const std::size_t scratchStride = core::paddedCount<float>(scratchSize());
  // From the last row to the first: a core that reads upwards fetches up to 16 KB ahead, past the
  // end of its run, from where another core may be writing.
  pool.parallelFor(runs, [&](std::size_t index, unsigned worker) {
    const std::size_t begin = (isOnePerWorker ? left.take(worker) : index) * perRun;
    for (std::size_t row = std::min(begin + perRun, count); row-- > begin;) {
      run(row, scratch + worker * scratchStride);
    }
  });
}

void RealFft::forwardBatch(std::size_t count, const float* in, std::size_t inStride, float* bins,
                           std::size_t binsStride, float* scratch, core::ThreadPool& pool) const {
  share(count, scratch, pool, [&](std::size_t row, float* own) {
    forward(in + row * inStride, bins + row * binsStride, own);
  });
}

void RealFft::inverseBatch(std::size_t count, const float* bins, std::size_t binsStride, float* out,
                           std::size_t outStride, float* scratch, core::ThreadPool& pool) const {
  share(count, scratch, pool, [&](std::size_t row, float* own) {
    inverse(bins + row * binsStride, out + row * outStride, own);
  });
}

void toPolar(const float* bins, std::size_t count, float* magnitudes, float* phases) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const float re = bins[2 * i];
    const float im = bins[2 * i + 1];
    magnitudes[i] = std::sqrt(re * re + im * im);
    phases[i] = std::atan2(im, re);
  }
}

}  // namespace stemwright::dsp
