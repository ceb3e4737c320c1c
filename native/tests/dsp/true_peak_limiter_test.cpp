#include "dsp/true_peak_limiter.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "tests/dsp/noise.h"
#include "tests/support/allocations.h"

namespace stemwright {

using dsp::TruePeakLimiter;

namespace {

constexpr double kRate = 48'000;

/// Highest point of the wave, sixteen times oversampled by a long sinc, in double.
double truePeak(const std::vector<float>& samples, std::size_t begin, std::size_t end) {
  constexpr int kReach = 32;
  double peak = 0;
  for (std::size_t i = begin + kReach; i + kReach < end; ++i) {
    for (int phase = 0; phase < 16; ++phase) {
      double sum = 0;
      for (int j = -kReach; j <= kReach; ++j) {
        const double at = phase / 16.0 - j;
        const double angle = std::numbers::pi * at;
        const double window = std::cos(angle / 2 / (kReach + 1));
        const double sinc = at == 0 ? 1 : std::sin(angle) / angle;
        sum += sinc * window * static_cast<double>(samples[i + static_cast<std::size_t>(j)]);
      }
      peak = std::max(peak, std::abs(sum));
    }
  }
  return peak;
}

double db(double linear) {
  return 20 * std::log10(linear);
}

std::vector<float> sine(std::size_t count, double frequency, double gain, double phase) {
  std::vector<float> samples(count);
  for (std::size_t i = 0; i < count; ++i) {
    samples[i] = static_cast<float>(
        gain * std::sin(2 * std::numbers::pi * frequency / kRate * static_cast<double>(i) + phase));
  }
  return samples;
}

void limit(TruePeakLimiter& limiter, std::vector<float>& samples, std::size_t block) {
  for (std::size_t done = 0; done < samples.size(); done += block) {
    float* at[] = {samples.data() + done};
    limiter.process(at, std::min(block, samples.size() - done));
  }
}

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("what stays below the ceiling comes out late and otherwise untouched") {
    TruePeakLimiter limiter({.channels = 1, .rate = kRate, .ceilingDb = -1});
    const std::vector<float> original = sine(5000, 500, 0.8, 0);
    std::vector<float> samples = original;
    limit(limiter, samples, 333);
    const std::size_t latency = limiter.latency();
    CHECK(latency < 120);
    for (std::size_t i = 0; i < samples.size(); ++i) {
      CHECK(samples[i] == (i < latency ? 0.0f : original[i - latency]));
    }
    CHECK(limiter.reductionDb() == 0.0f);
  }

  TEST_CASE("peaks between the samples stay below the ceiling") {
    // A quarter of the rate, sampled at its flanks: no sample shows the true peak.
    for (double gain : {1.2, 2.0, 8.0}) {
      TruePeakLimiter limiter({.channels = 1, .rate = kRate, .ceilingDb = -1});
      std::vector<float> samples = sine(6000, kRate / 4, gain, std::numbers::pi / 4);
      limit(limiter, samples, 128);
      CHECK(db(truePeak(samples, 500, 6000)) < -0.95);
      CHECK(db(truePeak(samples, 3000, 6000)) > -1.3);
      CHECK(limiter.reductionDb() == doctest::Approx(-1 - db(gain)).epsilon(0.05));
    }
  }

  TEST_CASE("sudden peaks are met in time, whatever the block size") {
    for (std::size_t block : {1u, 64u, 1000u}) {
      TruePeakLimiter limiter({.channels = 1, .rate = kRate, .ceilingDb = -3});
      std::vector<float> samples = sine(9000, 997, 0.3, 0);
      for (std::size_t at : {2000u, 2001u, 5000u, 5040u}) samples[at] += 3.0f;
      limit(limiter, samples, block);
      for (float sample : samples) CHECK(std::abs(sample) <= 0.7080f);
      CHECK(db(truePeak(samples, 0, 9000)) < -2.8);
    }
  }

  TEST_CASE("loud noise keeps below the ceiling and channels keep their balance") {
    TruePeakLimiter limiter({.channels = 2, .rate = kRate, .ceilingDb = -1});
    std::vector<float> left = testing::noise(8000, 1), right(8000);
    for (std::size_t i = 0; i < left.size(); ++i) {
      left[i] *= 3;
      right[i] = left[i] / 2;
    }
    float* channels[] = {left.data(), right.data()};
    const std::size_t before = testing::allocations();
    limiter.process(channels, 8000);
    CHECK(testing::allocations() == before);
    for (std::size_t i = 0; i < left.size(); ++i) {
      CHECK(right[i] == doctest::Approx(left[i] / 2));
      CHECK(std::abs(left[i]) <= 0.8913f);
    }
  }

  TEST_CASE("a limiter that starts anew has forgotten its peaks") {
    TruePeakLimiter limiter({.channels = 1, .rate = kRate});
    std::vector<float> first = sine(3000, 700, 4, 0);
    limit(limiter, first, 500);
    limiter.reset();
    std::vector<float> quiet = sine(3000, 700, 0.5, 0);
    const std::vector<float> original = quiet;
    limit(limiter, quiet, 500);
    for (std::size_t i = limiter.latency(); i < quiet.size(); ++i) {
      CHECK(quiet[i] == original[i - limiter.latency()]);
    }
  }
}

}  // namespace stemwright
