#include "rt/transport.h"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

using stemwright::rt::Segment;
using stemwright::rt::Transport;

namespace {

constexpr std::size_t kFade = 100;
constexpr std::int64_t kLength = 1'000'000;

/// Blocks of a song whose sample is a function of its frame.
struct Player {
  Player() : transport(kFade) { transport.setLength(kLength); }

  template <typename Sample>
  void run(std::size_t frames, Sample sample) {
    const std::size_t before = sound.size();
    sound.resize(before + frames, 0.0);
    transport.advance(
        frames, [this](std::int64_t from) { return ready(from); },
        [&](const Segment& segment) {
          REQUIRE(segment.at + segment.count <= frames);
          REQUIRE(segment.count > 0);
          for (std::size_t i = 0; i < segment.count; ++i) {
            const auto gain =
                static_cast<double>(segment.gain + segment.step * static_cast<float>(i));
            sound[before + segment.at + i] +=
                gain * sample(segment.from + static_cast<std::int64_t>(i));
          }
        });
  }
  void runOnes(std::size_t frames) {
    run(frames, [](std::int64_t) { return 1.0; });
  }
  void runNumbers(std::size_t frames) {
    run(frames, [](std::int64_t frame) { return static_cast<double>(frame); });
  }
  std::int64_t ready(std::int64_t from) const {
    return from >= kLength ? 100'000 : std::max<std::int64_t>(0, readyUntil - from);
  }

  Transport transport;
  std::int64_t readyUntil = kLength + 100'000;
  std::vector<double> sound;
};

double steepest(const std::vector<double>& sound) {
  double most = 0;
  for (std::size_t i = 1; i < sound.size(); ++i) {
    most = std::max(most, std::abs(sound[i] - sound[i - 1]));
  }
  return most;
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("play fades in, then gives each frame as it is, whatever the blocks") {
    for (const std::size_t block :
         {std::size_t{1}, std::size_t{7}, std::size_t{100}, std::size_t{8192}}) {
      CAPTURE(block);
      Player player;
      player.transport.seek(5000);
      player.transport.play();
      while (player.sound.size() < 3000) player.runNumbers(block);
      for (std::size_t i = 0; i < 3000; ++i) {
        const double gain = std::min(1.0, static_cast<double>(i) / kFade);
        const double expected = gain * (5000.0 + static_cast<double>(i));
        if (i < kFade) REQUIRE(player.sound[i] == doctest::Approx(expected).epsilon(1e-4));
        if (i > kFade) REQUIRE(player.sound[i] == expected);
      }
      CHECK(player.transport.position() == 5000 + static_cast<std::int64_t>(player.sound.size()));
    }
  }

  TEST_CASE("pause fades out, keeps the place, and is silent after") {
    Player player;
    player.transport.play();
    player.runOnes(1000);
    player.transport.pause();
    player.runOnes(500);
    CHECK(player.transport.position() == 1000);
    CHECK(player.transport.isSilent());
    CHECK(player.sound[1000] == 1);
    CHECK(player.sound[1000 + kFade] == 0);
    CHECK(steepest(player.sound) < 1.01 / kFade);
    player.transport.play();
    player.runNumbers(300);
    CHECK(player.sound.back() == 1299);
  }

  TEST_CASE("a loop jumps at its very end to its very start, again and again, without a step") {
    Player player;
    player.transport.seek(900);
    player.transport.loop(1000, 1777);
    player.transport.play();
    player.run(9000, [](std::int64_t frame) { return static_cast<double>(frame); });
    for (std::size_t i = 0; i < 9000; ++i) {
      if (i < 877) {
        if (i > kFade) REQUIRE(player.sound[i] == 900.0 + static_cast<double>(i));
        continue;
      }
      const std::size_t inLoop = (i - 877) % 777;
      if (inLoop <= kFade) continue;  // the end still fades out
      REQUIRE(player.sound[i] == 1000.0 + static_cast<double>(inLoop));
    }
    Player ones;
    ones.transport.loop(0, 2 * kFade);
    ones.transport.play();
    for (int block = 0; block < 300; ++block) ones.runOnes(33);
    CHECK(steepest(ones.sound) < 1.01 / kFade);
    CHECK(ones.sound.back() == doctest::Approx(1));
  }

  TEST_CASE("a loop that is too short for its fades is none") {
    Player player;
    player.transport.loop(1000, 1000 + 2 * kFade - 1);
    CHECK(player.transport.loopEnd() == 0);
    player.transport.loop(1000, 1000 + 2 * kFade);
    CHECK(player.transport.loopEnd() == 1000 + 2 * kFade);
    player.transport.loop(0, 0);
    CHECK(player.transport.loopEnd() == 0);
  }

  TEST_CASE("at the end of the song it stops") {
    Player player;
    player.transport.seek(kLength - 500);
    player.transport.play();
    player.runNumbers(400);
    CHECK(player.transport.isPlaying());
    player.runNumbers(400);
    CHECK_FALSE(player.transport.isPlaying());
    CHECK(player.transport.position() == kLength);
    CHECK(player.sound[499] == static_cast<double>(kLength - 1));
    CHECK(player.sound[500] == 0);
  }

  TEST_CASE("no storm of commands makes a step in the sound") {
    std::mt19937 random(5);
    Player player;
    for (int round = 0; round < 20000; ++round) {
      switch (random() % 6) {
        case 0:
          player.transport.play();
          break;
        case 1:
          player.transport.pause();
          break;
        case 2:
          player.transport.seek(random() % (kLength / 2));  // its end would be a step
          break;
        case 3:
          player.transport.loop(random() % 20000, random() % 20000);
          break;
        default:
          break;
      }
      if (random() % 100 == 0) player.transport.seek(10000);
      player.runOnes(1 + random() % 300);
    }
    // Two may fade out while one fades in.
    CHECK(steepest(player.sound) < 3.01 / kFade);
  }

  TEST_CASE("what plays on until a seek can be made is told as sounding") {
    using Places = std::array<std::int64_t, stemwright::rt::kMostFading>;
    constexpr auto kHalf = static_cast<std::int64_t>(kFade / 2);
    Player player;
    player.transport.play();
    player.runOnes(500);
    player.transport.seek(300'000);
    player.runOnes(kFade / 2);
    player.transport.seek(600'000);
    CHECK(player.transport.position() == 600'000);
    CHECK(player.transport.fading() == Places{500 + kHalf, 300'000 + kHalf, -1});
    player.runOnes(kFade);
    CHECK(player.transport.position() == 600'000 + kHalf);
    CHECK(player.transport.fading() == Places{300'000 + 3 * kHalf, -1, -1});
  }

  TEST_CASE("time stands still where sound is late, without a step, and is counted once") {
    Player player;
    player.readyUntil = 5000;
    player.transport.play();
    for (int block = 0; block < 100; ++block) player.runOnes(128);
    CHECK(player.transport.isWaiting());
    CHECK(player.transport.position() <= 5000);
    CHECK(player.transport.position() >= 5000 - static_cast<std::int64_t>(kFade) - 128);
    CHECK(player.transport.lateReads() == 1);
    const std::int64_t place = player.transport.position();
    player.readyUntil = kLength + 100'000;
    player.runOnes(1000);
    CHECK(player.transport.position() == place + 1000);
    CHECK(player.transport.lateReads() == 1);
    CHECK(steepest(player.sound) < 1.01 / kFade);
  }

  TEST_CASE("sound that is not there yet after a seek is awaited, not counted") {
    Player player;
    player.readyUntil = 5000;
    player.transport.play();
    player.runOnes(128);
    player.transport.seek(700'000);
    for (int block = 0; block < 10; ++block) player.runOnes(128);
    CHECK(player.transport.isWaiting());
    CHECK(player.transport.position() == 700'000);
    CHECK(player.transport.lateReads() == 0);
  }
}
