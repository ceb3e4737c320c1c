#pragma once

#include <complex>

#include "core/result.h"

namespace stemwright::dsp {

enum class FilterKind {
  kLowPass,
  kHighPass,
  kBandPass,  ///< 0 dB at its peak
  kNotch,
  kPeak,
  kLowShelf,
  kHighShelf,
};

struct FilterDesign {
  FilterKind kind = FilterKind::kPeak;
  double frequency = 1000;  ///< Hz; of the corner, the peak, or the middle of a shelf's slope
  double q = 0.7071;
  double gainDb = 0;  ///< of peaks and shelves
  friend bool operator==(const FilterDesign&, const FilterDesign&) = default;
};

/// y = b0 x + b1 x[-1] + b2 x[-2] - a1 y[-1] - a2 y[-2]
struct Biquad {
  double b0 = 1, b1 = 0, b2 = 0;
  double a1 = 0, a2 = 0;

  /// Both poles inside the unit circle.
  bool isStable() const noexcept;
  /// @param frequency as a share of the sample rate
  std::complex<double> response(double frequency) const noexcept;
};

/// Source: Bristow-Johnson, Cookbook formulae for audio EQ biquad filter coefficients.
/// @return kInvalidArgument when the frequency does not lie between 0 and half the rate, q is not
///   above 0, or the poles come out too near the circle
core::Result<Biquad> designBiquad(const FilterDesign& design, double rate);

/// The same filter in the form in which it runs. Any mixture of two has its poles inside, too.
struct StateVariable {
  double g = 1, k = 2;
  double m0 = 1, m1 = 0, m2 = 0;

  /// @param biquad stable
  static StateVariable of(const Biquad& biquad) noexcept;
};

}  // namespace stemwright::dsp
