#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numbers>
#include <random>
#include <vector>

#include "rt/delay_line.h"
#include "rt/insert_chain.h"
#include "rt/level_meter.h"
#include "rt/limits.h"
#include "rt/strip.h"

using stemwright::rt::Gains;
using stemwright::rt::gainsOf;
using stemwright::rt::Insert;
using stemwright::rt::InsertChain;
using stemwright::rt::LevelMeter;
using stemwright::rt::Strip;

namespace {

constexpr double kRate = 48000;

void fill(Strip& strip, float left, float right, std::size_t frames) {
  std::fill_n(strip.left(), frames, left);
  std::fill_n(strip.right(), frames, right);
}

/// Multiplies, and tells when it is destroyed.
class Times final : public Insert {
 public:
  explicit Times(float factor, int* alive = nullptr) : factor_(factor), alive_(alive) {
    if (alive_ != nullptr) ++*alive_;
  }
  ~Times() override {
    if (alive_ != nullptr) --*alive_;
  }
  void process(float* left, float* right, std::size_t frames) noexcept override {
    for (std::size_t i = 0; i < frames; ++i) {
      left[i] *= factor_;
      right[i] *= factor_;
    }
  }

 private:
  float factor_;
  int* alive_;
};

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("gain and pan follow Web Audio's panner for stereo") {
    CHECK(gainsOf(0.5, 0) == Gains{0.5f, 0, 0, 0.5f});
    const Gains right = gainsOf(1, 1);
    CHECK(right.leftToLeft == doctest::Approx(0).epsilon(1e-6));
    CHECK(right.leftToRight == 1);
    CHECK(right.rightToRight == 1);
    const Gains left = gainsOf(2, -1);
    CHECK(left.leftToLeft == 2);
    CHECK(left.rightToLeft == 2);
    CHECK(left.rightToRight == 0);
    const Gains half = gainsOf(1, 0.5);
    CHECK(half.leftToLeft == doctest::Approx(std::numbers::sqrt2 / 2));
    CHECK(half.leftToRight == doctest::Approx(std::numbers::sqrt2 / 2));
  }

  TEST_CASE("a gain takes a straight line to its new value, whatever the blocks") {
    for (const std::size_t block : {std::size_t{1}, std::size_t{64}, std::size_t{1000}}) {
      CAPTURE(block);
      Strip strip(kRate);
      strip.setGains({0, 0, 0, 0.5f});
      std::vector<float> left;
      std::vector<float> right;
      while (left.size() < 2000) {
        fill(strip, 1, 1, block);
        strip.process(block);
        left.insert(left.end(), strip.left(), strip.left() + block);
        right.insert(right.end(), strip.right(), strip.right() + block);
      }
      for (std::size_t i = 0; i < 480; ++i) {
        const double share = static_cast<double>(i + 1) / 480;
        REQUIRE(left[i] == doctest::Approx(1 - share).epsilon(1e-4));
        REQUIRE(right[i] == doctest::Approx(1 - share / 2).epsilon(1e-4));
      }
      CHECK(left[480] == 0);
      CHECK(right[480] == 0.5f);
    }
  }

  TEST_CASE("a delay is exact, and changes without a click") {
    stemwright::rt::DelayLine line(960);
    std::vector<float> x(40'000);
    for (std::size_t i = 0; i < x.size(); ++i) {
      x[i] = static_cast<float>(std::sin(0.02 * static_cast<double>(i)));
    }
    std::vector<float> left = x, right = x;
    const std::size_t delays[] = {0, 500, 16'384, 99'999, 3};
    std::mt19937 random(2);
    for (std::size_t at = 0; at < x.size();) {
      line.setDelay(delays[at / 8000]);
      const std::size_t frames = std::min<std::size_t>(1 + random() % 900, x.size() - at);
      line.process(left.data() + at, right.data() + at, frames);
      at += frames;
    }
    CHECK(left == right);
    CHECK(left[7000] == x[7000]);
    CHECK(left[15'000] == x[14'500]);
    CHECK(left[31'000] == x[31'000 - 16'384]);
    CHECK(left[39'999] == x[39'996]);
    for (std::size_t i = 1; i < left.size(); ++i) REQUIRE(std::abs(left[i] - left[i - 1]) < 0.025f);
  }

  TEST_CASE("at unity a strip changes nothing") {
    Strip strip(kRate);
    fill(strip, 0.1f, -0.7f, 100);
    strip.process(100);
    CHECK(strip.left()[99] == 0.1f);
    CHECK(strip.right()[0] == -0.7f);
  }

  TEST_CASE("NaN and infinity mute their block and are counted, and the next one sounds") {
    for (const float bad :
         {std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity()}) {
      Strip strip(kRate);
      fill(strip, 0.5f, 0.5f, 64);
      strip.right()[63] = bad;
      strip.process(64);
      CHECK(strip.left()[0] == 0);
      CHECK(strip.right()[63] == 0);
      CHECK(strip.nonFiniteBlocks() == 1);
      fill(strip, 0.5f, 0.5f, 64);
      strip.process(64);
      CHECK(strip.left()[0] == 0.5f);
      CHECK(strip.nonFiniteBlocks() == 1);
    }
  }

  TEST_CASE("effects come in and go out in a crossfade and are given back") {
    int alive = 0;
    std::vector<float> left(100);
    std::vector<float> right(100);
    {
      InsertChain chain(100);
      const auto run = [&] {
        std::fill(left.begin(), left.end(), 1.0f);
        std::fill(right.begin(), right.end(), 1.0f);
        chain.process(left.data(), right.data(), 100);
      };
      CHECK(chain.replace(3, nullptr));
      CHECK(chain.replace(3, new Times(3, &alive)));
      auto* const early = new Times(9, &alive);
      CHECK_FALSE(chain.replace(3, early));  // the first still fades in
      run();
      CHECK(left[0] == doctest::Approx(1.02));
      CHECK(left[99] == 3);
      CHECK(chain.takeBack() == nullptr);
      CHECK(chain.replace(3, early));
      run();
      CHECK(left[49] == doctest::Approx(6));
      CHECK_FALSE(chain.replace(3, nullptr));  // the first is to be taken back
      Insert* const first = chain.takeBack();
      REQUIRE(first != nullptr);
      delete first;
      CHECK(alive == 1);
      CHECK(chain.replace(0, new Times(0.5f, &alive)));
      run();
      run();
      CHECK(left[99] == 4.5f);
      CHECK(chain.replace(3, nullptr));
      run();
      CHECK(left[99] == 0.5f);
    }
    CHECK(alive == 0);
  }

  TEST_CASE("a meter tells peak, RMS and what lies between the samples") {
    LevelMeter meter(kRate);
    std::vector<float> x(4800);
    for (int block = 0; block < 20; ++block) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        x[i] = static_cast<float>(
            0.5 * std::sin(std::numbers::pi / 2 * static_cast<double>(i) + std::numbers::pi / 4));
      }
      meter.process(x.data(), x.data(), x.size());
    }
    const auto& levels = meter.levels();
    CHECK(levels.peak[0] == doctest::Approx(0.5 * std::numbers::sqrt2 / 2));
    CHECK(levels.rms[1] == doctest::Approx(0.5 * std::numbers::sqrt2 / 2).epsilon(0.01));
    CHECK(20 * std::log10(levels.truePeak / 0.5) == doctest::Approx(0.1).epsilon(0.1));

    std::fill(x.begin(), x.end(), 0.0f);
    const float before = levels.peak[0];
    for (int block = 0; block < 10; ++block) meter.process(x.data(), x.data(), x.size());
    CHECK(20 * std::log10(levels.peak[0] / before) == doctest::Approx(-20).epsilon(0.01));
    CHECK(levels.truePeak > 0.49f);
    meter.reset();
    CHECK(levels.truePeak == 0);
  }

  TEST_CASE("true peaks read at most 0.45 dB too little up to 0.4 of the rate") {
    for (const double frequency : {0.01, 0.1, 0.2, 0.3, 0.4}) {
      CAPTURE(frequency);
      LevelMeter meter(kRate);
      std::vector<float> x(9000);
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double phase = 2 * std::numbers::pi * frequency * static_cast<double>(i);
        // In from nothing: a sine that starts at once does pass its own height.
        const double fade = std::min(1.0, static_cast<double>(i) / 4000);
        x[i] = static_cast<float>(fade * std::sin(phase));
      }
      meter.process(x.data(), x.data(), x.size());
      CHECK(20 * std::log10(meter.levels().truePeak) > -0.45);
      CHECK(20 * std::log10(meter.levels().truePeak) < 0.05);
    }
  }
}
