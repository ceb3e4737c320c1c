#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "dsp/fft.h"

namespace stemwright::dsp {

/// What a song's rhythm and key are found in, taken from its samples as they come.
/// Onsets: rise of the log-compressed mel spectrum from frame to frame, summed over its bands.
/// Source: Ellis, Beat Tracking by Dynamic Programming, 2007, sections 3.1 and 3.2.
/// Chroma: magnitudes of spectral peaks by pitch class, each as loud as its root, so that drums
/// and loud notes do not drown the rest. Source: Fujishima, Realtime Chord Recognition of Musical
/// Sound, 1999; Gómez, Tonal Description of Polyphonic Audio, 2006 (peaks, fractional pitch).
/// [one thread]
class SongFeatures {
 public:
  explicit SongFeatures(double rate);

  /// Mono samples, finite.
  void push(std::span<const float> samples);
  /// What is still on its way. After the last push().
  void finish();

  /// Onset strength, not below 0, of frames `frameSeconds()` apart.
  const std::vector<float>& onsets() const noexcept { return onsets_; }
  double frameSeconds() const noexcept { return static_cast<double>(hop_) / rate_; }
  /// When an onset that is strongest in this frame was.
  double timeOf(double frame) const noexcept;
  /// Strength of each pitch class over the whole song, from C on.
  const std::array<double, 12>& chroma() const noexcept { return chroma_; }

 private:
  struct Window {
    Window(std::size_t size);
    RealFft fft;
    std::vector<float> shape;
    core::AlignedBuffer<float> bins, scratch;
    /// @param samples as many as the window is long
    void magnitudes(const float* samples, std::vector<float>& out);
  };
  void onsetFrame(const float* samples);
  void chromaFrame(const float* samples);
  void run(bool isLast);

  const double rate_;
  const std::size_t hop_;
  Window short_;
  Window long_;
  const std::size_t longHop_;
  /// Per band, the bins it takes in and their weights.
  struct Band {
    std::size_t first = 0;
    std::vector<float> weights;
  };
  std::vector<Band> bands_;
  std::vector<float> before_, now_, magnitudes_;
  std::vector<float> held_;               ///< samples that a coming frame still needs
  std::size_t shortAt_ = 0, longAt_ = 0;  ///< first sample of the next frame, within held_
  bool hasBefore_ = false;
  std::vector<float> onsets_;
  std::array<double, 12> chroma_{};
};

}  // namespace stemwright::dsp
