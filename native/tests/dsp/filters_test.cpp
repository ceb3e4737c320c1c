#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "dsp/biquad.h"
#include "dsp/filter_bank.h"
#include "dsp/parametric_eq.h"
#include "tests/dsp/exact_convolution.h"
#include "tests/dsp/noise.h"
#include "tests/support/allocations.h"

namespace stemwright {

using dsp::Biquad;
using dsp::designBiquad;
using dsp::EqBand;
using dsp::EqCurve;
using dsp::FilterDesign;
using dsp::FilterKind;
using dsp::StateVariable;

namespace {

constexpr double kRate = 48'000;

Biquad designed(const FilterDesign& design) {
  const auto biquad = designBiquad(design, kRate);
  if (!biquad.ok()) FAIL(biquad.error().message);
  return biquad.value();
}

double gainDb(const Biquad& biquad, double frequency) {
  return 20 * std::log10(std::abs(biquad.response(frequency / kRate)));
}

/// The difference equation itself, in double.
std::vector<double> filtered(const Biquad& b, std::vector<double> x) {
  double x1 = 0, x2 = 0, y1 = 0, y2 = 0;
  for (double& sample : x) {
    const double y = b.b0 * sample + b.b1 * x1 + b.b2 * x2 - b.a1 * y1 - b.a2 * y2;
    x2 = x1;
    x1 = sample;
    y2 = y1;
    y1 = y;
    sample = y;
  }
  return x;
}

const FilterKind kKinds[] = {FilterKind::kLowPass,  FilterKind::kHighPass, FilterKind::kBandPass,
                             FilterKind::kNotch,    FilterKind::kPeak,     FilterKind::kLowShelf,
                             FilterKind::kHighShelf};

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("filters have the gain that their design asks for") {
    const double half = 10 * std::log10(0.5);
    CHECK(gainDb(designed({FilterKind::kLowPass, 1000, std::sqrt(0.5), 0}), 1000) ==
          doctest::Approx(half));
    CHECK(gainDb(designed({FilterKind::kLowPass, 1000, std::sqrt(0.5), 0}), 10'000) < -40);
    CHECK(gainDb(designed({FilterKind::kHighPass, 1000, std::sqrt(0.5), 0}), 100) < -39);
    CHECK(gainDb(designed({FilterKind::kBandPass, 500, 3, 0}), 500) == doctest::Approx(0));
    CHECK(gainDb(designed({FilterKind::kNotch, 500, 3, 0}), 500) < -200);
    for (double gain : {-15.0, -3.0, 6.0, 18.0}) {
      CHECK(gainDb(designed({FilterKind::kPeak, 2000, 1, gain}), 2000) == doctest::Approx(gain));
      CHECK(gainDb(designed({FilterKind::kLowShelf, 200, 0.7, gain}), 1) ==
            doctest::Approx(gain).epsilon(0.001));
      CHECK(gainDb(designed({FilterKind::kLowShelf, 200, 0.7, gain}), 200) ==
            doctest::Approx(gain / 2));
      CHECK(gainDb(designed({FilterKind::kHighShelf, 2000, 0.7, gain}), 23'990) ==
            doctest::Approx(gain).epsilon(0.001));
      CHECK(gainDb(designed({FilterKind::kHighShelf, 2000, 0.7, gain}), 2000) ==
            doctest::Approx(gain / 2));
    }
  }

  TEST_CASE("poles on or outside the circle are found, and bad designs refused") {
    CHECK(Biquad{1, 0, 0, -1.9, 0.95}.isStable());
    CHECK_FALSE(Biquad{1, 0, 0, -2, 1}.isStable());
    CHECK_FALSE(Biquad{1, 0, 0, -1.9, 0.89}.isStable());
    CHECK_FALSE(Biquad{1, 0, 0, 0, -1.01}.isStable());
    for (const FilterDesign& bad :
         {FilterDesign{FilterKind::kPeak, 0, 1, 0}, FilterDesign{FilterKind::kPeak, 24'000, 1, 0},
          FilterDesign{FilterKind::kPeak, 1000, 0, 0},
          FilterDesign{FilterKind::kPeak, std::nan(""), 1, 0},
          FilterDesign{FilterKind::kPeak, 1000, 1, INFINITY},
          FilterDesign{FilterKind::kLowPass, 1000, 1e18, 0}}) {
      const auto made = designBiquad(bad, kRate);
      REQUIRE_FALSE(made.ok());
      CHECK(made.error().code == core::ErrorCode::kInvalidArgument);
    }
  }

  TEST_CASE("a bank filters each channel as the difference equation in double does") {
    constexpr std::size_t kFrames = 5000;
    for (kernels::Isa isa : kernels::availableIsas()) {
      for (std::size_t channels : {1u, 2u, 17u, 70u}) {
        dsp::FilterBank bank(channels, 2, *kernels::kernelsFor(isa));
        std::vector<std::vector<float>> signals;
        std::vector<std::vector<double>> expected;
        std::vector<float*> at;
        for (unsigned c = 0; c < channels; ++c) {
          signals.push_back(testing::noise(kFrames, c));
          const FilterKind kind = kKinds[c % std::size(kKinds)];
          const Biquad first = designed({kind, 20 + 300.0 * c, 0.3 + c % 5, 9});
          const Biquad second = designed({FilterKind::kPeak, 60, 4, -6});
          bank.set(0, c, StateVariable::of(first));
          bank.set(1, c, StateVariable::of(second));
          expected.push_back(
              filtered(second, filtered(first, {signals[c].begin(), signals[c].end()})));
        }
        for (auto& signal : signals) at.push_back(signal.data());
        std::vector<float*> rest(channels);
        for (std::size_t c = 0; c < channels; ++c) rest[c] = at[c] + 777;
        bank.process(at.data(), at.data(), 777);
        bank.process(rest.data(), rest.data(), kFrames - 777);
        for (std::size_t c = 0; c < channels; ++c) {
          testing::ErrorLevel level;
          for (std::size_t i = 0; i < kFrames; ++i) level.add(signals[c][i], expected[c][i]);
          INFO(kernels::isaName(isa), ", channel ", c, " of ", channels);
          CHECK(level.db() < -110);
        }
      }
    }
  }

  TEST_CASE("an equaliser without bands is a wire, and its bands multiply") {
    const EqBand bands[] = {{{FilterKind::kHighPass, 80, 0.7, 0}, true},
                            {{FilterKind::kPeak, 900, 2, 12}, true},
                            {{FilterKind::kPeak, 5000, 1, -60}, false}};
    const std::vector<float> original = testing::noise(4000, 3);
    for (const bool isFlat : {true, false}) {
      const auto curve = isFlat ? EqCurve{} : EqCurve::of(bands, kRate).value();
      dsp::ParametricEq eq(1, kRate);
      eq.reset(curve);
      std::vector<float> samples = original;
      float* at = samples.data();
      eq.process(&at, &at, samples.size());
      std::vector<double> expected(original.begin(), original.end());
      if (!isFlat) {
        expected =
            filtered(designed(bands[1].filter), filtered(designed(bands[0].filter), expected));
      }
      testing::ErrorLevel level;
      for (std::size_t i = 0; i < samples.size(); ++i) level.add(samples[i], expected[i]);
      CHECK(level.db() < (isFlat ? -280 : -110));
    }
  }

  TEST_CASE("an equaliser glides to its new curve without a click or an allocation") {
    constexpr std::size_t kFrames = 48'000;
    std::vector<float> samples(kFrames);
    for (std::size_t i = 0; i < kFrames; ++i) {
      samples[i] = static_cast<float>(
          0.25 * std::sin(2 * std::numbers::pi * 200 / kRate * static_cast<double>(i)));
    }
    const EqBand loud[] = {{{FilterKind::kPeak, 200, 1, 12}, true}};
    const EqCurve curve = EqCurve::of(loud, kRate).value();
    dsp::ParametricEq eq(1, kRate);
    eq.reset(EqCurve{});
    const std::size_t before = testing::allocations();
    for (std::size_t done = 0; done < kFrames; done += 100) {
      if (done == 20'000) eq.setCurve(curve);
      float* at = samples.data() + done;
      eq.process(&at, &at, std::min<std::size_t>(100, kFrames - done));
    }
    CHECK(testing::allocations() == before);
    // A sine of this level and frequency bends by no more than this from sample to sample.
    const double bend = 1.0 * std::pow(2 * std::numbers::pi * 200 / kRate, 2);
    double sharpest = 0;
    for (std::size_t i = 2; i < kFrames; ++i) {
      sharpest = std::max(sharpest, std::abs(static_cast<double>(samples[i]) -
                                             2.0 * samples[i - 1] + samples[i - 2]));
    }
    CHECK(sharpest < 3 * bend);
    const float peak = *std::max_element(samples.end() - 480, samples.end());
    CHECK(20 * std::log10(peak / 0.25) == doctest::Approx(12).epsilon(0.01));
  }

  TEST_CASE("an equaliser refuses too many bands and says which band it cannot make") {
    const std::vector<EqBand> many(9);
    CHECK(EqCurve::of(many, kRate).error().code == core::ErrorCode::kInvalidArgument);
    const EqBand bad[] = {{{FilterKind::kPeak, 100, -1, 0}, true}};
    CHECK(EqCurve::of(bad, kRate).error().code == core::ErrorCode::kInvalidArgument);
    const EqBand high[] = {{{FilterKind::kPeak, 20'000, 1, 6}, true}};
    CHECK(EqCurve::of(high, 32'000).ok());
  }
}

}  // namespace stemwright
