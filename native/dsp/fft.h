#pragma once

#include <cstddef>

#include "core/aligned.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"

namespace stemwright::dsp {

/// Real FFT of one size. Built once (allocates), then shared: all transforms are const, allocate
/// nothing and may run on any number of threads, each with its own scratch.
///
/// Packing: n samples <-> n/2 + 1 complex bins as (re, im) pairs, n + 2 floats in all. The first
/// and last bin are real: forward writes 0 as their imaginary part, inverse ignores it.
/// Scale: forward is unscaled; inverse divides by n, so that inverse(forward(x)) is x.
/// Aliasing: in and out may be the same pointer (then n + 2 floats long); they must not overlap
/// otherwise, nor touch the scratch.
/// Alignment: scratch must be 64-byte aligned; in and out need none, and are fastest so aligned.
/// Speed: multiples of twice a level's lanes fill its vectors; other sizes, and short ones, run at
/// a narrower level. Powers of two from 512 on are fastest.
/// [thread-safe: const] [audio-thread safe after construction]
class RealFft {
 public:
  /// @param n even, at least 2, with no prime factor but 2, 3 and 5
  /// @return kInvalidArgument for any other n
  static core::Result<RealFft> create(std::size_t n,
                                      const kernels::Kernels& level = kernels::kernels());

  std::size_t size() const noexcept { return 2 * plan_.half; }
  std::size_t bins() const noexcept { return plan_.half + 1; }
  /// Floats of scratch that every call needs.
  std::size_t scratchSize() const noexcept { return 4 * plan_.plane; }

  void forward(const float* in, float* bins, float* scratch) const noexcept {
    level_->forward(plan_, in, bins, scratch);
  }
  void inverse(const float* bins, float* out, float* scratch) const noexcept {
    level_->inverse(plan_, bins, out, scratch);
  }

  /// The same in parts, for whoever must not compute for long: steps 0 to steps() - 1 in order,
  /// with the same arguments; nobody else may touch the scratch in between.
  std::size_t steps() const noexcept { return plan_.steps; }
  void forwardStep(std::size_t step, const float* in, float* bins, float* scratch) const noexcept {
    level_->forwardStep(plan_, in, bins, scratch, step);
  }
  void inverseStep(std::size_t step, const float* bins, float* out, float* scratch) const noexcept {
    level_->inverseStep(plan_, bins, out, scratch, step);
  }

  /// `count` transforms, one after the other through the same scratch: on one thread they take as
  /// long as so many calls. Strides are in floats from one to the next. Rows of in and out may be
  /// the same memory when the strides are equal too.
  void forwardBatch(std::size_t count, const float* in, std::size_t inStride, float* bins,
                    std::size_t binsStride, float* scratch) const noexcept;
  void inverseBatch(std::size_t count, const float* bins, std::size_t binsStride, float* out,
                    std::size_t outStride, float* scratch) const noexcept;

  /// The same shared among the pool, which is what a batch gains where a core is free. A worker
  /// that is awake, as it is for some microseconds after a batch, has the same rows in the next.
  /// @param scratch batchScratchSize(pool.size()) floats, 64-byte aligned [not audio-thread]
  void forwardBatch(std::size_t count, const float* in, std::size_t inStride, float* bins,
                    std::size_t binsStride, float* scratch, core::ThreadPool& pool) const;
  void inverseBatch(std::size_t count, const float* bins, std::size_t binsStride, float* out,
                    std::size_t outStride, float* scratch, core::ThreadPool& pool) const;
  std::size_t batchScratchSize(unsigned workers) const noexcept {
    return workers * core::paddedCount<float>(scratchSize());
  }

 private:
  RealFft(std::size_t half, const kernels::FftKernels& level);
  template <typename Run>
  void share(std::size_t count, float* scratch, core::ThreadPool& pool, Run run) const;

  const kernels::FftKernels* level_;
  kernels::FftPlan plan_;
  core::AlignedBuffer<float> twiddles_;
};

/// The size from n up to the next power of two whose transform is the fastest on this machine:
/// measured once for each, among 2^k, 3 * 2^k and 5 * 2^k. Takes up to some milliseconds.
/// [thread-safe; not audio-thread] @param n at most 2^24
std::size_t fastFftSize(std::size_t n);

/// Magnitudes and phases (radians, -pi to pi) of complex numbers in (re, im) pairs.
void toPolar(const float* bins, std::size_t count, float* magnitudes, float* phases) noexcept;

}  // namespace stemwright::dsp
