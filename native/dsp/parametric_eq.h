#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "core/result.h"
#include "dsp/biquad.h"
#include "dsp/filter_bank.h"

namespace stemwright::dsp {

struct EqBand {
  FilterDesign filter;
  bool isOn = true;
  friend bool operator==(const EqBand&, const EqBand&) = default;
};

/// The filters of an equaliser, ready to run. Plain data: made on any thread, sent to the audio
/// thread through a ring.
struct EqCurve {
  static constexpr std::size_t kMostBands = 8;
  std::array<StateVariable, kMostBands> bands;  ///< unused ones change nothing

  /// Within its frequency range a band may be set freely; outside it is moved to the nearest end.
  /// @return kInvalidArgument for more bands than kMostBands, or a band that designBiquad() refuses
  static core::Result<EqCurve> of(std::span<const EqBand> bands, double rate);
};

/// Up to eight bands on all of 1 to kMostChannels channels. Changes glide in over 20 ms without a
/// click.
class ParametricEq {
 public:
  static constexpr std::size_t kMostChannels = 16;

  ParametricEq(std::size_t channels, double rate,
               const kernels::Kernels& level = kernels::kernels());

  /// From now on, by and by. [audio-thread]
  void setCurve(const EqCurve& curve) noexcept;
  /// At once, forgetting all input. [not during process()]
  void reset(const EqCurve& curve) noexcept;
  /// channels() pointers; out may be in [audio-thread]
  void process(const float* const* in, float* const* out, std::size_t frames) noexcept;

 private:
  void step() noexcept;

  FilterBank bank_;
  const std::size_t stepsPerGlide_;
  EqCurve from_, to_, now_;
  std::size_t stepsLeft_ = 0;
  std::size_t untilStep_ = 0;
};

}  // namespace stemwright::dsp
