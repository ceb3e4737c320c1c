#include "dsp/rhythm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "dsp/song_features.h"
#include "tests/dsp/noise.h"

namespace stemwright {

namespace {

/// A burst of noise on each beat, the first of four louder, over a floor of quieter noise.
std::vector<float> drummed(double bpm, double offset, double seconds, double rate) {
  std::vector<float> x(static_cast<std::size_t>(seconds * rate));
  const std::vector<float> noise = testing::noise(x.size(), 3);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = 0.003f * noise[i];
  std::size_t beat = 0;
  for (double at = offset; at < seconds - 0.2; at += 60 / bpm, ++beat) {
    const auto start = static_cast<std::size_t>(at * rate);
    for (std::size_t i = 0; i < static_cast<std::size_t>(0.1 * rate); ++i) {
      const double fall = std::exp(-static_cast<double>(i) / (0.02 * rate));
      x[start + i] += static_cast<float>((beat % 4 == 0 ? 0.8 : 0.5) * fall) * noise[i];
    }
  }
  return x;
}

/// Notes with harmonics, a chord a second.
std::vector<float> played(const std::vector<std::vector<int>>& chords, double rate) {
  std::vector<float> x(static_cast<std::size_t>(rate * static_cast<double>(chords.size())));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double seconds = static_cast<double>(i) / rate;
    for (const int note : chords[static_cast<std::size_t>(seconds)]) {
      const double hz = 440 * std::pow(2, (note - 69) / 12.0);
      for (int h = 1; h <= 4; ++h) {
        x[i] += static_cast<float>(0.1 / h * std::sin(2 * std::numbers::pi * h * hz * seconds));
      }
    }
  }
  return x;
}

dsp::SongFeatures featuresOf(const std::vector<float>& x, double rate, std::size_t chunk = 5000) {
  dsp::SongFeatures features(rate);
  for (std::size_t at = 0; at < x.size(); at += chunk) {
    features.push({x.data() + at, std::min(chunk, x.size() - at)});
  }
  features.finish();
  return features;
}

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("tempo and beats of a drum are found at any rate and speed") {
    for (const double rate : {22'050.0, 44'100.0, 48'000.0}) {
      for (const double bpm : {72.0, 97.3, 120.0, 128.5, 164.0}) {
        INFO(bpm, " at ", rate);
        const double offset = 0.437;
        const auto features = featuresOf(drummed(bpm, offset, 24, rate), rate);
        const auto tempo = dsp::findTempo(features.onsets(), features.frameSeconds());
        REQUIRE(tempo);
        CHECK(tempo->bpm == doctest::Approx(bpm).epsilon(0.02));
        CHECK(tempo->confidence > 0.3);
        std::vector<double> beats;
        for (const double frame :
             dsp::trackBeats(features.onsets(), features.frameSeconds(), tempo->bpm)) {
          beats.push_back(features.timeOf(frame));
        }
        CHECK(beats.size() >= static_cast<std::size_t>(23 * bpm / 60));
        CHECK(dsp::tempoOf(beats) == doctest::Approx(bpm).epsilon(0.001));
        double worst = 0, sum = 0;
        for (const double beat : beats) {
          const double position = (beat - offset) * bpm / 60;
          const double off = (position - std::round(position)) * 60 / bpm;
          worst = std::max(worst, std::abs(off));
          sum += off;
        }
        INFO("worst ", worst, " mean ", sum / static_cast<double>(beats.size()));
        CHECK(worst < 0.012);
        CHECK(std::abs(sum / static_cast<double>(beats.size())) < 0.005);
      }
    }
  }

  TEST_CASE("beats go on through a gap and follow a tempo that drifts") {
    const double rate = 44'100;
    std::vector<float> x = drummed(110, 0.2, 30, rate);
    std::fill_n(x.begin() + static_cast<std::ptrdiff_t>(12 * rate),
                static_cast<std::size_t>(4 * rate), 0.0f);
    const auto features = featuresOf(x, rate);
    const auto beats = dsp::trackBeats(features.onsets(), features.frameSeconds(), 111);
    CHECK(std::abs(static_cast<double>(beats.size()) - 29.6 * 110 / 60) < 2);
    for (std::size_t i = 1; i < beats.size(); ++i) {
      CHECK((beats[i] - beats[i - 1]) * features.frameSeconds() ==
            doctest::Approx(60.0 / 110).epsilon(0.08));
    }
  }

  TEST_CASE("features do not depend on how samples come") {
    const std::vector<float> x = drummed(120, 0.1, 8, 44'100);
    const auto a = featuresOf(x, 44'100, 64);
    const auto b = featuresOf(x, 44'100, 100'000);
    CHECK(a.onsets() == b.onsets());
    CHECK(a.chroma() == b.chroma());
  }

  TEST_CASE("nothing is claimed of silence, steady noise or a few moments") {
    const auto tempoOfSound = [](const std::vector<float>& x) {
      const auto features = featuresOf(x, 44'100);
      return dsp::findTempo(features.onsets(), features.frameSeconds());
    };
    const std::vector<float> silence(400'000);
    CHECK_FALSE(tempoOfSound(silence));
    CHECK_FALSE(dsp::findKey(featuresOf(silence, 44'100).chroma()));
    CHECK_FALSE(tempoOfSound({}));
    CHECK_FALSE(tempoOfSound(drummed(120, 0, 1, 44'100)));
    const auto noise = tempoOfSound(testing::noise(800'000, 8));
    CHECK((!noise || noise->confidence < 0.1));
    CHECK(dsp::trackBeats({}, 0.006, 120).empty());
  }

  TEST_CASE("keys are found from chords, major and minor, at any rate") {
    for (int shift = 0; shift < 12; shift += 5) {
      const auto tonic = static_cast<std::size_t>(shift);
      const int c = 48 + shift;
      const std::vector<std::vector<int>> major{{c, c + 4, c + 7},       {c + 5, c + 9, c + 12},
                                                {c + 7, c + 11, c + 14}, {c, c + 4, c + 7},
                                                {c + 9, c + 12, c + 16}, {c + 5, c + 9, c + 12},
                                                {c + 7, c + 11, c + 17}, {c, c + 7, c + 16}};
      const std::vector<std::vector<int>> minor{{c, c + 3, c + 7},       {c + 5, c + 8, c + 12},
                                                {c + 7, c + 11, c + 14}, {c, c + 3, c + 7},
                                                {c + 8, c + 12, c + 15}, {c + 5, c + 8, c + 12},
                                                {c + 7, c + 11, c + 14}, {c, c + 7, c + 15}};
      for (const double rate : {32'000.0, 44'100.0}) {
        const auto bright = dsp::findKey(featuresOf(played(major, rate), rate).chroma());
        REQUIRE(bright);
        CHECK(bright->tonic == tonic);
        CHECK_FALSE(bright->isMinor);
        const auto dark = dsp::findKey(featuresOf(played(minor, rate), rate).chroma());
        REQUIRE(dark);
        CHECK(dark->tonic == tonic);
        CHECK(dark->isMinor);
      }
    }
  }
}

}  // namespace stemwright
