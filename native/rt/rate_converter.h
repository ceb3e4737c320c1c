#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace stemwright::rt {

/// Frames of the output for each frame of the source, as a fraction in lowest terms.
struct RateRatio {
  std::int64_t output = 1;
  std::int64_t source = 1;

  /// Of two rates in Hz, each rounded to the nearest whole number.
  static RateRatio of(double sourceRate, double outputRate);

  bool isOne() const noexcept { return output == source; }
  /// The output frame nearest to a frame of the source, and the other way.
  std::int64_t toOutput(std::int64_t frame) const noexcept;
  std::int64_t toSource(std::int64_t frame) const noexcept;
  friend bool operator==(const RateRatio&, const RateRatio&) = default;
};

/// Band-limited conversion between two rates by a windowed sinc, one filter for each phase. Any
/// stretch of the output can be computed by itself, and comes out the same whatever its
/// neighbours are. Aliases and images lie below −120 dB; the band is flat to 90 % of the lower
/// rate's half. [thread-safe: const]
class RateConverter {
 public:
  explicit RateConverter(const RateRatio& ratio);

  /// The source frames that `count` output frames from `first` on need; may begin below 0.
  std::int64_t sourceStart(std::int64_t first) const noexcept;
  std::size_t sourceCount(std::int64_t first, std::size_t count) const noexcept;

  /// @param source sourceCount(first, count) samples from sourceStart(first) on
  void convert(const float* source, std::int64_t first, std::size_t count, float* out) const;

 private:
  std::int64_t firstTap(std::int64_t outputFrame) const noexcept;

  RateRatio ratio_;
  std::size_t taps_;
  std::vector<float> filters_;  ///< [ratio.output phases][taps]
};

}  // namespace stemwright::rt
