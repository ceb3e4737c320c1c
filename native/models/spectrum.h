#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "core/result.h"
#include "core/thread_pool.h"
#include "dsp/fft.h"

namespace stemwright::models {

/// HTDemucs' spectrogram: STFT with a periodic Hann window, hop nfft / 4, scaled by
/// 1 / sqrt(nfft), complex as channels, without the Nyquist bin; frame t is centred half a hop
/// after t * hop. Source: demucs.htdemucs, _spec and _ispec.
class Spectrum {
 public:
  static core::Result<Spectrum> create(std::size_t nfft, std::size_t frames);

  std::size_t bins() const noexcept { return nfft_ / 2; }
  /// Columns of the spectrogram: ceil(frames / hop).
  std::size_t columns() const noexcept { return columns_; }
  /// Floats of scratch a worker needs for signals of this many channels.
  std::size_t scratchSize(std::size_t channels) const noexcept;
  /// Floats of the padded copy that analyse() makes.
  std::size_t paddedSize(std::size_t channels) const noexcept;

  /// @param x      [frames, channels] interleaved
  /// @param out    [bins, columns, channels * 2], real and imaginary parts in turn
  /// @param padded paddedSize(channels) floats
  void analyse(const float* x, std::size_t channels, float* out, float* padded, float* scratch,
               core::ThreadPool& pool) const;

  /// Adds the signals of gain * spectrogram + offset to out.
  /// @param spectrogram [bins, columns, sources * channels * 2]
  /// @param out         [sources][frames, channels] interleaved
  void synthesise(const float* spectrogram, float gain, float offset, std::size_t sources,
                  std::size_t channels, float* out, float* scratch, core::ThreadPool& pool) const;

 private:
  explicit Spectrum(dsp::RealFft fft);
  void synthesiseChunk(std::size_t chunk, const float* spectrogram, float gain, float offset,
                       std::size_t sources, std::size_t channels, float* out, float* scratch) const;

  dsp::RealFft fft_;
  std::size_t nfft_ = 0;
  std::size_t hop_ = 0;
  std::size_t frames_ = 0;
  std::size_t columns_ = 0;
  std::vector<float> analysisWindow_;   ///< scaled by 1 / sqrt(nfft)
  std::vector<float> synthesisWindow_;  ///< scaled by sqrt(nfft) over the sum of squared windows
};

}  // namespace stemwright::models
