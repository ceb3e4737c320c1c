#include "rt/time_stretch.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <numbers>
#include <numeric>
#include <random>
#include <tuple>
#include <vector>

#include "tests/rt/test_song.h"

using stemwright::rt::TimePitch;
using stemwright::rt::TimeStretch;
using stemwright::testing::kTestRate;
using stemwright::testing::TestSong;

namespace {

constexpr std::size_t kSeconds = 24;
constexpr auto kFrames = static_cast<std::size_t>(kSeconds * kTestRate);

/// A stretch of tracks in memory, mono each.
std::unique_ptr<TimeStretch> stretchOf(std::vector<std::vector<float>> tracks,
                                       const TimePitch& timePitch) {
  auto made = TimeStretch::create(
      tracks.size(), kTestRate, timePitch,
      [tracks](std::int64_t first, std::size_t count, float* samples) {
        for (const std::vector<float>& track : tracks) {
          for (std::size_t i = 0; i < 2 * count; ++i) {
            const std::int64_t frame = first + static_cast<std::int64_t>(i % count);
            const bool isInside = frame >= 0 && frame < static_cast<std::int64_t>(track.size());
            *samples++ = isInside ? track[static_cast<std::size_t>(frame)] : 0;
          }
        }
        return true;
      });
  REQUIRE(made.ok());
  return std::move(made).value();
}

/// The left channel of the first track from a frame on.
std::vector<float> readFrom(TimeStretch& stretch, std::int64_t first, std::size_t count,
                            std::size_t tracks = 1) {
  std::vector<float> samples(2 * tracks * count);
  if (stretch.next() != first) CHECK(stretch.seek(first));
  CHECK(stretch.read(count, samples.data(), 0, nullptr));
  samples.resize(count);
  return samples;
}

std::vector<float> tone(double frequency) {
  std::vector<float> samples(kFrames);
  for (std::size_t i = 0; i < kFrames; ++i) {
    samples[i] = static_cast<float>(
        0.5 * std::sin(2 * std::numbers::pi * frequency * static_cast<double>(i) / kTestRate));
  }
  return samples;
}

/// Beats at random, as a drum would play them.
struct Beats {
  Beats() : envelope(kFrames), samples(kFrames) {
    std::mt19937 random(5);
    std::normal_distribution<float> noise(0, 0.1f);
    double level = 0;
    for (std::size_t i = 0; i < kFrames; ++i) {
      if (random() % 9600 == 0) level = 1;
      level *= std::exp(-1 / (0.03 * kTestRate));
      envelope[i] = static_cast<float>(level);
      const double phase = 2 * std::numbers::pi * 180 * static_cast<double>(i) / kTestRate;
      samples[i] = envelope[i] * (0.3f * static_cast<float>(std::sin(phase)) + noise(random));
    }
  }
  std::vector<float> envelope;
  std::vector<float> samples;
};

/// Frames by which `heard` is later than the envelope at `speed` says, from a frame on, to 24.
std::int64_t lagOf(const std::vector<float>& heard, const Beats& beats, double speed,
                   std::int64_t first) {
  constexpr std::size_t kStep = 24;
  const auto smoothed = [&](auto&& at) {
    std::vector<double> out;
    double state = 0;
    for (std::size_t i = 0; i < heard.size(); ++i) {
      state += 0.01 * (std::abs(at(i)) - state);
      if (i % kStep == 0) out.push_back(state);
    }
    return out;
  };
  const auto loud = smoothed([&](std::size_t i) { return heard[i]; });
  const auto expected = smoothed([&](std::size_t i) {
    const auto frame =
        static_cast<std::size_t>(static_cast<double>(first + static_cast<std::int64_t>(i)) * speed);
    return frame < kFrames ? beats.envelope[frame] : 0.0f;
  });
  constexpr std::ptrdiff_t kMostSteps = 100;
  std::ptrdiff_t best = 0;
  double most = 0;
  for (std::ptrdiff_t lag = -kMostSteps; lag <= kMostSteps; ++lag) {
    const double sum =
        std::inner_product(expected.begin() + kMostSteps, expected.end() - kMostSteps,
                           loud.begin() + kMostSteps + lag, 0.0);
    if (sum > most) std::tie(most, best) = std::tuple(sum, lag);
  }
  return best * static_cast<std::int64_t>(kStep);
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("what is stretched is heard where the song is, wherever one begins") {
    const Beats beats;
    for (const TimePitch& change :
         {TimePitch{0, 0.5}, TimePitch{0, 0.8}, TimePitch{0, 1.5}, TimePitch{-12, 1},
          TimePitch{0.3, 1}, TimePitch{12, 1}, TimePitch{-5, 0.6}, TimePitch{7, 1.4}}) {
      CAPTURE(change.semitones);
      CAPTURE(change.speed);
      const auto stretch = stretchOf({beats.samples}, change);
      for (const double start : {0.0, 1.3}) {
        const auto first = static_cast<std::int64_t>(start * kTestRate);
        const auto count = static_cast<std::size_t>(22 * kTestRate / change.speed);
        const std::vector<float> heard = readFrom(*stretch, first, count);
        // 8 ms: a tenth of the widest cut.
        CHECK(std::abs(lagOf(heard, beats, change.speed, first)) <= 384);
      }
    }
  }

  TEST_CASE("pitch and tempo change each by itself") {
    const std::vector<float> song = tone(440);
    for (const TimePitch& change :
         {TimePitch{0, 0.7}, TimePitch{-7, 1}, TimePitch{3.25, 1.2}, TimePitch{12, 0.5}}) {
      CAPTURE(change.semitones);
      const auto stretch = stretchOf({song}, change);
      const std::vector<float> heard = readFrom(*stretch, 48'000, 96'000);
      std::size_t rises = 0;
      for (std::size_t i = 1; i < heard.size(); ++i) rises += heard[i - 1] < 0 && heard[i] >= 0;
      const double expected = 2 * 440 * std::exp2(change.semitones / 12);
      CHECK(std::abs(static_cast<double>(rises) - expected) < 0.01 * expected);
    }
  }

  TEST_CASE("stretched stems add up to their stretched mix, and all go in whatever number") {
    const TemporaryFolder folder;
    for (const std::size_t count : {3, 9, 18}) {
      std::vector<std::vector<float>> tracks;
      for (std::size_t i = 0; i + 1 < count; ++i) {
        tracks.push_back(noise(kFrames / 4, static_cast<std::uint32_t>(i), 0.1f));
      }
      // Of the last seven, which are cut alike, the last is the sum.
      const std::size_t stems = std::min<std::size_t>(count, 7) - 1;
      std::vector<float> mix(kFrames / 4);
      for (std::size_t i = 0; i < stems; ++i) {
        const std::vector<float>& stem = tracks[tracks.size() - 1 - i];
        for (std::size_t k = 0; k < mix.size(); ++k) mix[k] += stem[k];
      }
      tracks.push_back(mix);
      const auto stretch = stretchOf(tracks, {2.5, 0.9});
      constexpr std::size_t kCount = 30'000;
      std::vector<float> heard(2 * count * kCount);
      REQUIRE(stretch->seek(10'000));
      REQUIRE(stretch->read(kCount, heard.data(), 0, nullptr));
      double worst = 0;
      double loudest = 0;
      for (std::size_t k = 0; k < kCount; ++k) {
        double sum = 0;
        for (std::size_t i = 0; i < stems; ++i) sum += heard[2 * (count - 2 - i) * kCount + k];
        worst = std::max(worst, std::abs(sum - heard[2 * (count - 1) * kCount + k]));
        loudest = std::max(loudest, std::abs(sum));
      }
      CHECK(loudest > 0.1);
      CHECK(20 * std::log10(worst / loudest) < -110);
    }
  }

  TEST_CASE("an hour's sound does not drift") {
    std::int64_t asked = 0;
    auto made = TimeStretch::create(1, kTestRate, {1, 0.7},
                                    [&](std::int64_t first, std::size_t count, float* samples) {
                                      asked = first + static_cast<std::int64_t>(count);
                                      std::fill_n(samples, 2 * count, 0.0f);
                                      return true;
                                    });
    REQUIRE(made.ok());
    std::vector<float> samples(2 * 65536);
    REQUIRE(made.value()->seek(0));
    const auto ahead = [&] {
      return static_cast<double>(asked) - 0.7 * static_cast<double>(made.value()->next());
    };
    REQUIRE(made.value()->read(65536, samples.data(), 0, nullptr));
    const double atFirst = ahead();
    while (made.value()->next() < static_cast<std::int64_t>(600 * kTestRate)) {
      REQUIRE(made.value()->read(65536, samples.data(), 0, nullptr));
    }
    // What is in its buffers goes up and down by less than two cuts; an hour is six times this.
    CHECK(std::abs(ahead() - atFirst) < 12'000);
  }
}
