#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// One Stockham pass: `groups` butterflies over `stride` neighbouring points each.
struct FftStage {
  int radix = 0;
  std::size_t groups = 0;
  std::size_t stride = 0;
  /// Group by group, radix - 1 complex factors; the first group needs none and has none stored.
  const float* twiddles = nullptr;
};

/// What a kernel needs to know of a real transform of 2 * half samples. Built by dsp::RealFft for
/// the lanes of one level, and valid for that level only.
struct FftPlan {
  static constexpr std::size_t kMaxStages = 24;

  std::size_t half = 0;  ///< complex points of the inner transform
  /// Floats from a work buffer's real part to its imaginary part; `lanes` more than `half` at
  /// least.
  std::size_t plane = 0;
  /// The first pass has radix `lanes` and stride 1, and transposes on its way out, so that all
  /// later strides are whole vectors; there are at least `lanes` groups and another pass. Its
  /// twiddles lie in blocks of `lanes` groups: for each output j > 0 a vector of real parts, then
  /// one of imaginary parts. The last block is moved back to be whole.
  bool transposed = false;
  std::size_t stageCount = 0;
  FftStage stages[kMaxStages];
  /// Parts in which a transform may be done: each pass, and the one from or to bins; 1 where the
  /// first pass does not transpose.
  std::size_t steps = 1;

  /// Blocks of `lanes` bins k: cos(pi k / half) / 2, then sin(pi k / half) / 2.
  const float* splitTwiddles = nullptr;
};

struct FftKernels {
  std::size_t lanes;
  int largestRadix;  ///< of the passes after the transposing one: 8 or 16
  /// in: 2 * half samples; bins: half + 1 complex numbers; may be the same memory.
  /// work: 4 * plane floats, 64-byte aligned.
  void (*forward)(const FftPlan& plan, const float* in, float* bins, float* work);
  /// Scaled by 1 / (2 * half). The imaginary parts of the first and last bin are ignored.
  void (*inverse)(const FftPlan& plan, const float* bins, float* out, float* work);
  /// Part `step` of a transform; in order, with the same arguments, and work left alone in between.
  void (*forwardStep)(const FftPlan& plan, const float* in, float* bins, float* work,
                      std::size_t step);
  void (*inverseStep)(const FftPlan& plan, const float* bins, float* out, float* work,
                      std::size_t step);
};

extern const FftKernels fftScalar, fftSse41, fftAvx2, fftAvx512, fftNeon;

}  // namespace stemwright::kernels
