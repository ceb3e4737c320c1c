#include "dsp/impulse_response.h"

#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <numeric>

#include "tests/dsp/noise.h"

namespace stemwright {

using dsp::EditedResponse;
using dsp::editResponse;
using dsp::ImpulseResponse;
using dsp::ResponseEdit;

namespace {

constexpr double kRate = 48'000;

/// Noise that falls by 60 dB in `seconds`.
std::vector<float> decayingNoise(std::size_t frames, double seconds, unsigned seed) {
  std::vector<float> samples = testing::noise(frames, seed);
  for (std::size_t i = 0; i < frames; ++i) {
    samples[i] *= static_cast<float>(std::pow(10, -3 * static_cast<double>(i) / kRate / seconds));
  }
  return samples;
}

ImpulseResponse edited(const ImpulseResponse& response, const ResponseEdit& edit) {
  auto made = editResponse(response, edit);
  if (!made.ok()) FAIL(made.error().message);
  return std::move(made).value().response;
}

double rms(const std::vector<float>& x) {
  const double sum = std::inner_product(x.begin(), x.end(), x.begin(), 0.0);
  return std::sqrt(sum / static_cast<double>(x.size()));
}

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("an edit that asks for nothing changes nothing") {
    const ImpulseResponse response{kRate, {testing::noise(1000, 1), testing::noise(1000, 2)}};
    CHECK(edited(response, {}).channels == response.channels);
  }

  TEST_CASE("a response is cut, reversed and delayed to the frame") {
    std::vector<float> ramp(1000);
    std::iota(ramp.begin(), ramp.end(), 0.0f);
    ResponseEdit edit;
    edit.beginSeconds = 100 / kRate;
    edit.endSeconds = 300 / kRate;
    edit.isReversed = true;
    edit.preDelaySeconds = 50 / kRate;
    const auto out = edited({kRate, {ramp}}, edit).channels[0];
    REQUIRE(out.size() == 250);
    CHECK(out[49] == 0.0f);
    CHECK(out[50] == 299.0f);
    CHECK(out[249] == 100.0f);
  }

  TEST_CASE("stretching moves time and pitch alike") {
    std::vector<float> tone(9600);
    for (std::size_t i = 0; i < tone.size(); ++i) {
      tone[i] = static_cast<float>(
          std::sin(2 * std::numbers::pi * 1000 / kRate * static_cast<double>(i)));
    }
    for (double stretch : {0.5, 1.37, 2.0}) {
      ResponseEdit edit;
      edit.stretch = stretch;
      const auto out = edited({kRate, {tone}}, edit).channels[0];
      CHECK(out.size() == static_cast<std::size_t>(std::llround(9600 * stretch)));
      for (std::size_t i = 200; i + 200 < out.size(); i += 37) {
        const double expected =
            std::sin(2 * std::numbers::pi * 1000 / kRate * static_cast<double>(i) / stretch);
        CHECK(static_cast<double>(out[i]) == doctest::Approx(expected).epsilon(0.002));
      }
    }
  }

  TEST_CASE("attack and decay shape the level") {
    const ImpulseResponse flat{kRate, {std::vector<float>(48'000, 1.0f)}};
    ResponseEdit edit;
    edit.attackSeconds = 0.1;
    edit.decaySeconds = 0.5;
    const auto out = edited(flat, edit).channels[0];
    CHECK(out[0] == 0.0f);
    CHECK(out[2400] == doctest::Approx(0.5 * std::pow(10, -0.3)));
    CHECK(out[24'000] == doctest::Approx(0.001));
  }

  TEST_CASE("cuts and bands filter, width moves between mono and wide") {
    const ImpulseResponse click{kRate, {std::vector<float>(4800), std::vector<float>(4800)}};
    ImpulseResponse response = click;
    response.channels[0][0] = 1;
    ResponseEdit edit;
    edit.lowCutHz = 500;
    const auto cut = edited(response, edit).channels[0];
    CHECK(std::accumulate(cut.begin(), cut.end(), 0.0) == doctest::Approx(0).epsilon(1e-3));
    edit.lowCutHz.reset();
    edit.bands[0].filter = {dsp::FilterKind::kLowShelf, 1000, 0.7, 6};
    const auto raised = edited(response, edit).channels[0];
    CHECK(std::accumulate(raised.begin(), raised.end(), 0.0) ==
          doctest::Approx(std::pow(10, 0.3)).epsilon(1e-3));

    ResponseEdit narrow;
    narrow.width = 0;
    const auto mono = edited(response, narrow);
    CHECK(mono.channels[0] == mono.channels[1]);
    CHECK(mono.channels[0][0] == 0.5f);
    narrow.width = 2;
    const auto wide = edited(response, narrow);
    CHECK(wide.channels[0][0] == 1.5f);
    CHECK(wide.channels[1][0] == -0.5f);
  }

  TEST_CASE("normalising makes any response as loud as none, and says by how much") {
    const ImpulseResponse unit{kRate, {{1.0f}}};
    CHECK(dsp::loudnessGain(unit) == doctest::Approx(1).epsilon(1e-4));
    CHECK(dsp::loudnessGain({kRate, {{0.25f}, {0.25f}}}) == doctest::Approx(4).epsilon(1e-4));
    CHECK(dsp::loudnessGain({kRate, {{0.5f}, {0.0f}, {0.0f}, {0.5f}}}) ==
          doctest::Approx(2).epsilon(1e-4));
    CHECK(dsp::loudnessGain({kRate, {{0.0f}}}) == 1);
    // White noise through white noise: the level that comes out is the root of the energy.
    const ImpulseResponse reverb{kRate, {decayingNoise(24'000, 0.3, 4)}};
    const double energy = std::pow(rms(reverb.channels[0]), 2) * 24'000;
    CHECK(dsp::loudnessGain(reverb) == doctest::Approx(1 / std::sqrt(energy)).epsilon(0.02));
    ResponseEdit edit;
    edit.isLoudnessNormalised = true;
    const auto made = editResponse(reverb, edit);
    REQUIRE(made.ok());
    CHECK(made.value().gainDb == doctest::Approx(-10 * std::log10(energy)).epsilon(0.02));
    CHECK(dsp::loudnessGain(made.value().response) == doctest::Approx(1).epsilon(1e-4));
  }

  TEST_CASE("the decay of each octave is measured, and none is claimed where it cannot be") {
    for (double seconds : {0.4, 1.5}) {
      const auto frames = static_cast<std::size_t>(kRate * seconds * 1.2);
      const ImpulseResponse response{
          kRate, {decayingNoise(frames, seconds, 5), decayingNoise(frames, seconds, 6)}};
      const auto bands = dsp::decayByOctave(response);
      REQUIRE(bands.size() == 9);
      for (const auto& band : bands) {
        INFO(band.hz);
        REQUIRE(band.seconds);
        CHECK(*band.seconds == doctest::Approx(seconds).epsilon(band.hz < 200 ? 0.2 : 0.08));
      }
    }
    const ImpulseResponse noise{kRate, {testing::noise(48'000, 7)}};
    for (const auto& band : dsp::decayByOctave(noise)) CHECK_FALSE(band.seconds);
    const ImpulseResponse silence{kRate, {std::vector<float>(1000)}};
    for (const auto& band : dsp::decayByOctave(silence)) CHECK_FALSE(band.seconds);
    CHECK(dsp::decayByOctave({8000, {decayingNoise(8000, 0.3, 8)}}).size() == 6);
  }

  TEST_CASE("edits out of range are refused") {
    const ImpulseResponse response{kRate, {std::vector<float>(4800, 0.1f)}};
    const auto refuses = [&](auto change) {
      ResponseEdit edit;
      change(edit);
      const auto made = editResponse(response, edit);
      return !made.ok() && made.error().code == core::ErrorCode::kInvalidArgument;
    };
    CHECK(refuses([](ResponseEdit& e) { e.beginSeconds = -1; }));
    CHECK(refuses([](ResponseEdit& e) { e.beginSeconds = 0.1; }));
    CHECK(refuses([](ResponseEdit& e) { e.endSeconds = 0; }));
    CHECK(refuses([](ResponseEdit& e) { e.stretch = 5; }));
    CHECK(refuses([](ResponseEdit& e) { e.attackSeconds = std::nan(""); }));
    CHECK(refuses([](ResponseEdit& e) { e.decaySeconds = 0; }));
    CHECK(refuses([](ResponseEdit& e) { e.lowCutHz = -3; }));
    CHECK(refuses([](ResponseEdit& e) { e.width = 3; }));
    CHECK(refuses([](ResponseEdit& e) { e.preDelaySeconds = 11; }));
    CHECK_FALSE(editResponse({kRate, {}}, {}).ok());
    CHECK_FALSE(editResponse({kRate, {{}}}, {}).ok());
  }
}

}  // namespace stemwright
