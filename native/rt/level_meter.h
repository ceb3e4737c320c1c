#pragma once

#include <array>
#include <cstddef>

namespace stemwright::rt {

/// Levels of a stereo strip, linear.
struct Levels {
  std::array<float, 2> peak{};  ///< falls by 20 dB a second
  std::array<float, 2> rms{};   ///< over the last 0.3 s or so
  float truePeak = 0;           ///< the highest since reset(), between the samples too
};

/// Follows the levels of a stereo signal. [audio-thread after construction]
class LevelMeter {
 public:
  explicit LevelMeter(double rate);

  void process(const float* left, const float* right, std::size_t frames) noexcept;
  void reset() noexcept { levels_.truePeak = 0; }
  const Levels& levels() const noexcept { return levels_; }

 private:
  static constexpr std::size_t kTaps = 16;   ///< of each phase
  static constexpr std::size_t kPhases = 3;  ///< between two samples
  static constexpr std::size_t kBlock = 256;

  void processBlock(std::size_t channel, const float* x, std::size_t frames) noexcept;
  float highestBetween(std::size_t channel, const float* x, std::size_t frames) noexcept;

  const double rate_;
  Levels levels_;
  std::array<double, 2> meanSquare_{};
  std::array<std::array<float, kTaps - 1>, 2> history_{};
  std::array<bool, 2> wasQuiet_{};
  std::array<std::array<float, kTaps>, kPhases> filters_{};
};

}  // namespace stemwright::rt
