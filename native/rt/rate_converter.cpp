#include "rt/rate_converter.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace stemwright::rt {
namespace {

/// Half the filter's length, in samples of the lower rate. With the window's β it makes a
/// transition of a tenth of the lower rate's half, centred on its edge, 120 dB deep.
constexpr double kHalfWidth = 80;
constexpr double kBeta = 12.3;
constexpr double kCutoff = 0.95;  // of half the lower rate

/// Modified Bessel function of the first kind, order 0.
double bessel(double x) {
  double term = 1;
  double sum = 1;
  for (int k = 1; term > 1e-17 * sum; ++k) {
    term *= x / 2 / k * (x / 2 / k);
    sum += term;
  }
  return sum;
}

double kaiser(double position) {
  const double inside = 1 - position * position;
  return inside <= 0 ? 0 : bessel(kBeta * std::sqrt(inside)) / bessel(kBeta);
}

double sinc(double x) {
  return x == 0 ? 1 : std::sin(std::numbers::pi * x) / (std::numbers::pi * x);
}

std::int64_t floorDivide(std::int64_t value, std::int64_t by) {
  const std::int64_t quotient = value / by;
  return value % by < 0 ? quotient - 1 : quotient;
}

std::int64_t roundDivide(std::int64_t value, std::int64_t by) {
  return floorDivide(2 * value + by, 2 * by);
}

}  // namespace

RateRatio RateRatio::of(double sourceRate, double outputRate) {
  const auto source = std::max<std::int64_t>(1, std::llround(sourceRate));
  const auto output = std::max<std::int64_t>(1, std::llround(outputRate));
  const std::int64_t common = std::gcd(source, output);
  return {output / common, source / common};
}

std::int64_t RateRatio::toOutput(std::int64_t frame) const noexcept {
  return roundDivide(frame * output, source);
}

std::int64_t RateRatio::toSource(std::int64_t frame) const noexcept {
  return roundDivide(frame * source, output);
}

RateConverter::RateConverter(const RateRatio& ratio) : ratio_(ratio) {
  // Lengths and frequencies in samples of the source.
  const double step = static_cast<double>(ratio.source) / static_cast<double>(ratio.output);
  const double lower = std::min(1.0, 1.0 / step);  // the lower rate
  const double half = kHalfWidth / lower;
  taps_ = 2 * static_cast<std::size_t>(std::ceil(half));
  filters_.resize(static_cast<std::size_t>(ratio.output) * taps_);
  for (std::int64_t phase = 0; phase < ratio.output; ++phase) {
    const double offset = static_cast<double>(phase) / static_cast<double>(ratio.output);
    float* filter = filters_.data() + static_cast<std::size_t>(phase) * taps_;
    std::vector<double> exact(taps_);
    double sum = 0;
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      const double distance =
          static_cast<double>(tap) - static_cast<double>(taps_ / 2 - 1) - offset;
      exact[tap] = sinc(kCutoff * lower * distance) * kaiser(distance / half);
      sum += exact[tap];
    }
    for (std::size_t tap = 0; tap < taps_; ++tap) {
      filter[tap] = static_cast<float>(exact[tap] / sum);
    }
  }
}

/// The output frame lies at outputFrame * source / output of the source; the filter's middle taps
/// are the source frames around it.
std::int64_t RateConverter::firstTap(std::int64_t outputFrame) const noexcept {
  return floorDivide(outputFrame * ratio_.source, ratio_.output) -
         static_cast<std::int64_t>(taps_ / 2 - 1);
}

std::int64_t RateConverter::sourceStart(std::int64_t first) const noexcept {
  return firstTap(first);
}

std::size_t RateConverter::sourceCount(std::int64_t first, std::size_t count) const noexcept {
  const std::int64_t last = firstTap(first + static_cast<std::int64_t>(count) - 1);
  return static_cast<std::size_t>(last - firstTap(first)) + taps_;
}

void RateConverter::convert(const float* source, std::int64_t first, std::size_t count,
                            float* out) const {
  const std::int64_t start = sourceStart(first);
  for (std::size_t i = 0; i < count; ++i) {
    const std::int64_t frame = first + static_cast<std::int64_t>(i);
    const std::int64_t at = frame * ratio_.source;
    const std::int64_t phase = at - floorDivide(at, ratio_.output) * ratio_.output;
    const float* filter = filters_.data() + static_cast<std::size_t>(phase) * taps_;
    const float* x = source + (firstTap(frame) - start);
    // Eight sums at once: the order is the compiler's to keep, and they fill its vectors.
    float sums[8] = {};
    for (std::size_t tap = 0; tap + 8 <= taps_; tap += 8) {
      for (std::size_t k = 0; k < 8; ++k) sums[k] += filter[tap + k] * x[tap + k];
    }
    for (std::size_t tap = taps_ / 8 * 8; tap < taps_; ++tap) sums[0] += filter[tap] * x[tap];
    out[i] =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
  }
}

}  // namespace stemwright::rt
