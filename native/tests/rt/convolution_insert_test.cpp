#include "rt/convolution_insert.h"

#include <doctest/doctest.h>

#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "rt/engine.h"
#include "tests/pcm/test_tracks.h"
#include "tests/support/realtime_trap.h"

using stemwright::dsp::ConvolutionMode;
using stemwright::dsp::Convolver;
using stemwright::dsp::ConvolverOptions;
using stemwright::rt::ConvolutionInsert;
using stemwright::rt::Engine;
using stemwright::rt::gainsOf;
using stemwright::rt::kInputStrip;

namespace {

constexpr double kRate = 48000;

std::unique_ptr<ConvolutionInsert> reverb(const std::vector<float>& response, float dry, float wet,
                                          ConvolutionMode mode = ConvolutionMode::kPartitioned) {
  const std::span<const float> channels[] = {response};
  ConvolverOptions options;
  options.mode = mode;
  auto convolver = Convolver::create(channels, options);
  REQUIRE(convolver.ok());
  return std::make_unique<ConvolutionInsert>(std::move(convolver).value(), kRate, dry, wet);
}

double convolved(const std::vector<float>& x, const std::vector<float>& response,
                 std::size_t frame) {
  double sum = 0;
  for (std::size_t k = 0; k < response.size() && k <= frame; ++k) {
    sum += double{response[k]} * x[frame - k];
  }
  return sum;
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("reverb in a chain is the dry sound and the convolution, in place, in any blocks") {
    const std::vector<float> x = noise(6000, 21);
    const std::vector<float> response = noise(2500, 22, 0.05f);
    for (const auto mode : {ConvolutionMode::kPartitioned, ConvolutionMode::kUniform}) {
      auto insert = reverb(response, 0.5f, 0.25f, mode);
      const std::size_t lag = insert->latencyFrames();
      CHECK((lag == 0) == (mode == ConvolutionMode::kPartitioned));
      std::vector<float> left = x;
      std::vector<float> right = x;
      std::mt19937 random(6);
      for (std::size_t at = 0; at < x.size();) {
        const std::size_t frames = std::min<std::size_t>(1 + random() % 700, x.size() - at);
        insert->process(left.data() + at, right.data() + at, frames);
        at += frames;
      }
      double worst = 0;
      for (std::size_t i = lag; i < x.size(); ++i) {
        const double expected = 0.5 * x[i - lag] + 0.25 * convolved(x, response, i - lag);
        worst = std::max({worst, std::abs(left[i] - expected), std::abs(right[i] - expected)});
      }
      CHECK(20 * std::log10(worst) < -120);
    }
  }

  TEST_CASE("dry and wet take a straight line to their new gains") {
    auto insert = reverb({0}, 1, 0);
    std::vector<float> left(960, 1.0f);
    std::vector<float> right(960, 1.0f);
    insert->setMix(0, 1);
    insert->process(left.data(), right.data(), 960);
    for (std::size_t i = 0; i < 480; ++i) {
      REQUIRE(left[i] == doctest::Approx(1 - static_cast<double>(i + 1) / 480).epsilon(1e-3));
    }
    CHECK(left[959] == 0);
  }

  TEST_CASE("responses change while it plays, with no step, memory or lock on the audio thread") {
    Engine engine(kRate);
    REQUIRE(engine.setGains(kInputStrip, gainsOf(1, 0)));
    std::vector<float> in(256, 0.5f);
    std::vector<float> left(256);
    std::vector<float> right(256);
    const float* const input[] = {in.data(), in.data()};
    float* const output[] = {left.data(), right.data()};
    const auto before = stemwright::testing::offences();
    float last = 0;
    float steepest = 0;
    for (int block = 0; block < 600; ++block) {
      if (block % 20 == 5) {
        // Each multiplies by one number, after a while: a step in it would be heard.
        std::vector<float> response(3000 + static_cast<std::size_t>(block), 0.0f);
        response[0] = block % 40 == 5 ? 1.0f : 0.25f;
        response[2400] = 0.5f;  // an echo, past the crossfade
        REQUIRE(engine.setInsert(kInputStrip, 0, reverb(response, 0.5f, 1)));
        engine.collect();
      }
      {
        const stemwright::testing::RealtimeTrap trap;
        engine.process(input, 2, output, 2, 256);
      }
      for (const float sample : left) {
        steepest = std::max(steepest, std::abs(sample - last));
        last = sample;
      }
    }
    CAPTURE(stemwright::testing::lastOffence());
    CHECK(stemwright::testing::offences() == before);
    CHECK(steepest < 0.01f);
    CHECK(last == doctest::Approx(0.625).epsilon(0.01));
  }

  TEST_CASE("one whose sound comes late begins without a step") {
    Engine engine(kRate);
    REQUIRE(engine.setGains(kInputStrip, gainsOf(1, 0)));
    std::vector<float> in(256, 0.5f);
    std::vector<float> left(256);
    std::vector<float> right(256);
    const float* const input[] = {in.data(), in.data()};
    float* const output[] = {left.data(), right.data()};
    float last = 0;
    float steepest = 0;
    for (int block = 0; block < 80; ++block) {
      if (block == 20) {
        std::vector<float> response(3000);
        response[0] = 0.25f;
        auto insert = reverb(response, 0.5f, 1, ConvolutionMode::kFft);
        REQUIRE(insert->latencyFrames() == 4096);
        REQUIRE(engine.setInsert(kInputStrip, 0, std::move(insert)));
      }
      engine.process(input, 2, output, 2, 256);
      for (const float sample : left) {
        steepest = std::max(steepest, std::abs(sample - last));
        last = sample;
      }
    }
    CHECK(steepest < 0.01f);
    CHECK(last == doctest::Approx(0.375).epsilon(0.01));
  }
}
