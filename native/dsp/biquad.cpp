#include "dsp/biquad.h"

#include <cmath>
#include <numbers>
#include <string>

namespace stemwright::dsp {
namespace {

using core::Error;
using core::ErrorCode;

/// Coefficients before they are divided by a0.
struct Unscaled {
  double b0, b1, b2, a0, a1, a2;
};

Unscaled shelf(double amplitude, double cosine, double alpha, double sign) {
  const double a = amplitude;
  const double up = a + 1, down = sign * (a - 1) * cosine, slope = 2 * std::sqrt(a) * alpha;
  return {a * (up - down + slope),
          sign * 2 * a * ((a - 1) - sign * up * cosine),
          a * (up - down - slope),
          up + down + slope,
          -sign * 2 * ((a - 1) + sign * up * cosine),
          up + down - slope};
}

Unscaled cookbook(const FilterDesign& design, double rate) {
  const double angle = 2 * std::numbers::pi * design.frequency / rate;
  const double c = std::cos(angle);
  const double alpha = std::sin(angle) / (2 * design.q);
  const double a = std::pow(10.0, design.gainDb / 40);
  switch (design.kind) {
    case FilterKind::kLowPass:
      return {(1 - c) / 2, 1 - c, (1 - c) / 2, 1 + alpha, -2 * c, 1 - alpha};
    case FilterKind::kHighPass:
      return {(1 + c) / 2, -(1 + c), (1 + c) / 2, 1 + alpha, -2 * c, 1 - alpha};
    case FilterKind::kBandPass:
      return {alpha, 0, -alpha, 1 + alpha, -2 * c, 1 - alpha};
    case FilterKind::kNotch:
      return {1, -2 * c, 1, 1 + alpha, -2 * c, 1 - alpha};
    case FilterKind::kPeak:
      return {1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a};
    case FilterKind::kLowShelf:
      return shelf(a, c, alpha, 1);
    default:
      return shelf(a, c, alpha, -1);
  }
}

}  // namespace

bool Biquad::isStable() const noexcept {
  return std::abs(a2) < 1 && std::abs(a1) < 1 + a2;
}

std::complex<double> Biquad::response(double frequency) const noexcept {
  const std::complex<double> z = std::polar(1.0, -2 * std::numbers::pi * frequency);
  return (b0 + z * (b1 + z * b2)) / (1.0 + z * (a1 + z * a2));
}

core::Result<Biquad> designBiquad(const FilterDesign& design, double rate) {
  if (!(design.frequency > 0 && design.frequency < rate / 2)) {
    return Error{ErrorCode::kInvalidArgument,
                 "a filter at " + std::to_string(design.frequency) +
                     " Hz: its frequency must lie between 0 and half the sample rate"};
  }
  if (!(design.q > 0 && std::isfinite(design.q) && std::isfinite(design.gainDb))) {
    return Error{ErrorCode::kInvalidArgument, "a filter needs a Q above 0 and a finite gain"};
  }
  const Unscaled u = cookbook(design, rate);
  const Biquad biquad{u.b0 / u.a0, u.b1 / u.a0, u.b2 / u.a0, u.a1 / u.a0, u.a2 / u.a0};
  if (!biquad.isStable()) {
    return Error{ErrorCode::kInvalidArgument, "the filter would not be stable: lower its Q"};
  }
  return biquad;
}

/// In s = (z - 1) / (z + 1) the denominator is s^2 + g k s + g^2, up to a factor, and the filter's
/// band and low outputs have the numerators g s and g^2.
StateVariable StateVariable::of(const Biquad& biquad) noexcept {
  const auto& [b0, b1, b2, a1, a2] = biquad;
  const double scale = 1 - a1 + a2;
  StateVariable form;
  form.g = std::sqrt((1 + a1 + a2) / scale);
  form.k = 2 * (1 - a2) / (scale * form.g);
  form.m0 = (b0 - b1 + b2) / scale;
  form.m1 = 2 * (b0 - b2) / (scale * form.g) - form.m0 * form.k;
  form.m2 = (b0 + b1 + b2) / (scale * form.g * form.g) - form.m0;
  return form;
}

}  // namespace stemwright::dsp
