#include "rt/rate_converter.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

using stemwright::rt::RateConverter;
using stemwright::rt::RateRatio;

namespace {

double sine(double frequency, double rate, double frame) {
  return std::sin(2 * std::numbers::pi * frequency * frame / rate);
}

/// Frames [first, first + count) of a sine after conversion.
std::vector<float> converted(const RateConverter& converter, double frequency, double rate,
                             std::int64_t first, std::size_t count) {
  std::vector<float> source(converter.sourceCount(first, count));
  for (std::size_t i = 0; i < source.size(); ++i) {
    const auto frame = static_cast<double>(converter.sourceStart(first)) + static_cast<double>(i);
    source[i] = static_cast<float>(sine(frequency, rate, frame));
  }
  std::vector<float> out(count);
  converter.convert(source.data(), first, count, out.data());
  return out;
}

double decibels(double value) {
  return 20 * std::log10(std::max(value, 1e-12));
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("frames map to the nearest of the other rate") {
    const RateRatio ratio = RateRatio::of(44100, 48000);
    CHECK(ratio == RateRatio{160, 147});
    CHECK(ratio.toOutput(147) == 160);
    CHECK(ratio.toOutput(1) == 1);
    CHECK(ratio.toSource(160) == 147);
    CHECK(ratio.toSource(ratio.toOutput(1'587'600'000)) == 1'587'600'000);  // ten hours
    CHECK(RateRatio::of(48000, 48000).isOne());
  }

  TEST_CASE("what lies in the band comes out as it is, exactly in place") {
    struct Case {
      double from, to;
    };
    for (const auto& [from, to] : {Case{44100, 48000}, Case{48000, 44100}, Case{96000, 44100},
                                   Case{44100, 96000}, Case{32000, 48000}}) {
      CAPTURE(from);
      CAPTURE(to);
      const RateConverter converter(RateRatio::of(from, to));
      const double half = std::min(from, to) / 2;
      for (const double frequency : {0.0 * half + 50, 0.3 * half, 0.7 * half, 0.88 * half}) {
        CAPTURE(frequency);
        const std::int64_t first = 987'654;
        const auto out = converted(converter, frequency, from, first, 3000);
        double worst = 0;
        for (std::size_t i = 0; i < out.size(); ++i) {
          const double frame = static_cast<double>(first) + static_cast<double>(i);
          worst = std::max(worst, std::abs(out[i] - sine(frequency, to, frame)));
        }
        CHECK(decibels(worst) < -100);
      }
    }
  }

  TEST_CASE("what the lower rate cannot hold is gone") {
    const RateConverter converter(RateRatio::of(96000, 44100));
    for (const double frequency : {22200.0, 25000.0, 40000.0, 47000.0}) {
      CAPTURE(frequency);
      const auto out = converted(converter, frequency, 96000, 5000, 3000);
      const float most = *std::max_element(out.begin(), out.end());
      CHECK(decibels(most) < -110);
    }
  }

  TEST_CASE("a stretch comes out the same whatever is computed with it") {
    const RateConverter converter(RateRatio::of(44100, 48000));
    const auto whole = converted(converter, 997, 44100, -300, 1000);
    for (const std::size_t begin : {std::size_t{0}, std::size_t{1}, std::size_t{555}}) {
      const auto part =
          converted(converter, 997, 44100, -300 + static_cast<std::int64_t>(begin), 1000 - begin);
      CHECK(
          std::equal(part.begin(), part.end(), whole.begin() + static_cast<std::ptrdiff_t>(begin)));
    }
  }
}
