#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "core/result.h"
#include "dsp/fft.h"

namespace stemwright::dsp {

struct StftOptions {
  std::size_t nFft = 4096;
  std::size_t hop = 1024;
  std::vector<float> window = {};  ///< nFft values; empty means periodic Hann
  bool centre = true;              ///< frame t is centred on sample t * hop, ends reflected
  bool normalized = false;         ///< spectra divided by sqrt(nFft)
};

/// Short-time Fourier transform with the conventions of torch.stft and torch.istft (real input,
/// one-sided spectrum, window as long as the transform).
///
/// Spectra are frame by frame: [frame][bin] complex as (re, im) pairs, nFft/2 + 1 bins, so that a
/// frame is one run of memory; PyTorch's layout is the transpose of this.
/// Scratch is scratchSize() floats, 64-byte aligned, and belongs to one call at a time.
/// [thread-safe: const]  source: Griffin & Lim 1984, eq. 6
class Stft {
 public:
  /// @return kInvalidArgument unless nFft suits RealFft, 0 < hop <= nFft and the window fits
  static core::Result<Stft> create(StftOptions options,
                                   const kernels::Kernels& level = kernels::kernels());

  std::size_t nFft() const noexcept { return fft_.size(); }
  std::size_t hop() const noexcept { return hop_; }
  std::size_t bins() const noexcept { return fft_.bins(); }
  std::span<const float> window() const noexcept { return window_.span(); }
  std::size_t scratchSize() const noexcept { return fft_.size() + fft_.scratchSize(); }

  /// Frames of a signal; 0 where forward() refuses it as too short.
  std::size_t frames(std::size_t samples) const noexcept;
  /// Samples that so many frames restore: torch.istft's default length.
  std::size_t samples(std::size_t frames) const noexcept;

  /// One frame: nFft samples without window -> bins() complex numbers. May be in place.
  /// [audio-thread safe]
  void analyzeFrame(const float* x, float* bins, float* scratch) const noexcept;
  /// One frame back: nFft samples with the window applied once more, to be overlap-added and
  /// divided by the sum of squared windows. The imaginary parts of the first and last bin are
  /// ignored. May be in place. [audio-thread safe]
  void synthesizeFrame(const float* bins, float* y, float* scratch) const noexcept;

  /// Frames at x, x + hop, ...: `count` of them, spectra one after the other. Not in place.
  void analyzeFrames(const float* x, std::size_t count, float* bins, float* scratch) const noexcept;
  /// Spectra one after the other -> windowed frames of nFft samples, `yStride` floats apart.
  void synthesizeFrames(const float* bins, std::size_t count, float* y, std::size_t yStride,
                        float* scratch) const noexcept;

  /// @param spectra frames(x.size()) frames; must not overlap x
  /// @return kInvalidArgument for a signal too short: nFft samples, nFft/2 + 1 when centred
  core::Status forward(std::span<const float> x, float* spectra, float* scratch) const;

  /// Overlap-add of `frames` frames, divided by the sum of squared windows.
  /// @param y any length, as torch.istft's `length`: past samples(frames) the last half frame
  ///     follows, if it is centred, and then zeros
  /// @return kInvalidArgument where the windows leave a sample uncovered, as PyTorch does
  core::Status inverse(const float* spectra, std::size_t frames, std::span<float> y,
                       float* scratch) const;

 private:
  Stft(RealFft fft, StftOptions options, const kernels::Kernels& level);
  std::size_t margin() const noexcept { return centre_ ? nFft() / 2 : 0; }
  bool fullyCovered(std::size_t position, std::size_t frames) const noexcept;
  double envelope(std::size_t position, std::size_t frames) const noexcept;
  core::Status divideByEnvelope(std::span<float> y, std::size_t frames) const;

  const kernels::ElementwiseKernels* elementwise_;
  RealFft fft_;
  std::size_t hop_;
  bool centre_;
  core::AlignedBuffer<float> window_;
  core::AlignedBuffer<float> analysis_;  ///< the window with the normalisation in it
  core::AlignedBuffer<float> synthesis_;
  /// Of samples that no end leaves with fewer frames, by position modulo hop.
  core::AlignedBuffer<float> inverseEnvelope_;
  bool evenlyCovered_ = true;
};

/// out = x with `left` and `right` samples mirrored around its ends, the end itself not repeated,
/// as PyTorch's reflect padding. out must not overlap x.
/// @return kInvalidArgument when a padding is not shorter than x, or out is not as long as all
core::Status reflectPad(std::span<const float> x, std::size_t left, std::size_t right,
                        std::span<float> out);

}  // namespace stemwright::dsp
