#include "session/monitor.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "core/memory_usage.h"
#include "tests/rt/test_song.h"

using stemwright::core::ErrorCode;
using stemwright::session::Monitor;
using stemwright::session::MonitorReading;
using stemwright::session::MonitorRequest;
using stemwright::session::MonitorSong;
using stemwright::session::StripState;
using stemwright::testing::TestSong;

namespace {

std::unique_ptr<Monitor> openSilent(double rate = 48000) {
  auto monitor = Monitor::open({{.rate = rate, .frames = 256}, true});
  REQUIRE(monitor.ok());
  return std::move(monitor).value();
}

MonitorSong songOf(const TestSong& from) {
  MonitorSong song;
  for (const auto& track : from.spec.tracks) song.tracks.push_back({track.path, 2});
  song.strips.resize(from.spec.tracks.size());
  song.rate = from.spec.rate;
  return song;
}

/// Reads what is played until there are so many frames.
void listen(Monitor& monitor, std::vector<float>& sound, std::size_t frames) {
  std::vector<float> part(2 * 4096);
  for (int i = 0; i < 4000 && sound.size() < 2 * frames; ++i) {
    const std::size_t count = monitor.readOutput(part);
    sound.insert(sound.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(2 * count));
    if (count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  REQUIRE(sound.size() >= 2 * frames);
}

template <typename There>
bool eventually(There there) {
  for (int i = 0; i < 2000; ++i) {
    if (there()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("what a silent monitor plays is the sum of the stems, to −120 dB") {
    const TemporaryFolder folder;
    const TestSong from(folder, 4, 200'000);
    const auto monitor = openSilent();
    MonitorSong song = songOf(from);
    song.strips[1].gain = 0.5;
    song.strips[2].isMuted = true;
    song.position = 3000;
    REQUIRE(monitor->load(song).ok());
    REQUIRE(monitor->play().ok());
    std::vector<float> sound;
    listen(*monitor, sound, 30'000);
    // It begins with the silence before the command was taken.
    std::size_t start = 0;
    while (sound[start] == 0 && sound[start + 1] == 0) start += 2;
    double worst = 0;
    const std::size_t first = start + 2 * 300;
    REQUIRE(first < sound.size());
    // The fade's first frame is silent too.
    for (std::size_t i = first; i < sound.size(); ++i) {
      const std::size_t at = 2 * 3001 + i - start;
      const double expected =
          double{from.stems[0][at]} + 0.5 * double{from.stems[1][at]} + double{from.stems[3][at]};
      worst = std::max(worst, std::abs(sound[i] - expected));
    }
    CHECK(20 * std::log10(worst) < -120);
    CHECK(monitor->read().droppedOutput == 0);
  }

  TEST_CASE("a solo mutes the others but those that are safe from it") {
    const TemporaryFolder folder;
    TestSong from(folder, 3, 100'000);
    for (std::size_t i = 0; i < 3; ++i) {
      writeTrack(from.spec.tracks[i].path, 2,
                 std::vector<float>(200'000, 0.1f * static_cast<float>(std::size_t{1} << i)));
    }
    const auto monitor = openSilent();
    MonitorSong song = songOf(from);
    song.tracks[2].isSoloSafe = true;
    song.strips[0].isSolo = true;
    REQUIRE(monitor->load(song).ok());
    REQUIRE(monitor->loop(stemwright::session::FrameRange{0, 50'000}).ok());
    REQUIRE(monitor->play().ok());
    const auto settlesAt = [&](float value) {
      std::vector<float> part(2 * 4096);
      return eventually([&] {
        const std::size_t count = monitor->readOutput(part);
        return count > 0 && std::abs(part[2 * count - 1] - value) < 1e-6f;
      });
    };
    CHECK(settlesAt(0.5f));
    REQUIRE(monitor->setStrip(0, {}).ok());
    CHECK(settlesAt(0.7f));
    StripState solo;
    solo.isSolo = true;
    REQUIRE(monitor->setStrip(1, solo).ok());
    CHECK(settlesAt(0.6f));
    CHECK(monitor->setStrip(3, {}).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(monitor->unload().ok());
    CHECK(settlesAt(0));
    CHECK(monitor->refresh({0, 1}).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("positions count the song's own frames, at whatever rate it plays") {
    const TemporaryFolder folder;
    TestSong from(folder, 1, 441'000);
    from.spec.rate = 44100;
    const auto monitor = openSilent(48000);
    MonitorSong song = songOf(from);
    song.position = 44100;
    REQUIRE(monitor->load(song).ok());
    CHECK(eventually([&] { return std::abs(monitor->read().position - 44100) < 1; }));
    REQUIRE(monitor->seek(88200).ok());
    CHECK(eventually([&] { return std::abs(monitor->read().position - 88200) < 1; }));
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(monitor->play().ok());
    CHECK(eventually([&] { return monitor->read().position > 88200 + 22050; }));
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
    CHECK(passed.count() > 0.45);
    CHECK(monitor->read().engine.strip[0].rms[0] > 0.05f);
    REQUIRE(monitor->pause().ok());
    CHECK(eventually([&] { return !monitor->read().engine.isPlaying; }));
  }

  TEST_CASE("reverb and limiter sit in chains, and go with what they belong to") {
    const TemporaryFolder folder;
    const TestSong from(folder, 1, 100'000);
    writeTrack(from.spec.tracks[0].path, 2, std::vector<float>(200'000, 0.2f));
    std::vector<float> response(2 * 4000, 0.0f);
    response[0] = 3;                // left
    response[2 * 3000 + 1] = -0.5;  // right, late
    writeTrack(folder.file("ir.f32"), 2, response);
    const auto monitor = openSilent();
    const stemwright::session::InsertPlace place{0, 0};
    stemwright::session::ReverbRequest reverb{folder.file("ir.f32"), 2};
    reverb.isThreaded = false;
    reverb.dry = 0.5;
    CHECK(monitor->setEffect(place, reverb).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(monitor->load(songOf(from)).ok());
    REQUIRE(monitor->loop(stemwright::session::FrameRange{0, 50'000}).ok());
    REQUIRE(monitor->play().ok());
    const auto settlesAt = [&](float left, float right) {
      std::vector<float> part(2 * 4096);
      return eventually([&] {
        const std::size_t count = monitor->readOutput(part);
        return count > 0 && std::abs(part[2 * count - 2] - left) < 1e-4f &&
               std::abs(part[2 * count - 1] - right) < 1e-4f;
      });
    };
    CHECK(settlesAt(0.2f, 0.2f));
    const auto facts = monitor->setEffect(place, reverb);
    REQUIRE(facts.ok());
    CHECK(facts.value().latencyFrames == 0);
    CHECK(facts.value().responseFrames == 4000);
    CHECK(facts.value().blockSize == 256);
    CHECK(facts.value().prepareSeconds > 0);
    CHECK(facts.value().warmUpSeconds > 0);
    CHECK(settlesAt(0.7f, 0.0f));
    reverb.dry = 0;
    reverb.wet = 2;
    const auto turned = monitor->setEffect(place, reverb);
    REQUIRE(turned.ok());
    // Nothing was made anew.
    CHECK(turned.value().prepareSeconds == facts.value().prepareSeconds);
    CHECK(settlesAt(1.2f, -0.2f));
    using stemwright::session::LimiterRequest;
    const auto limited =
        monitor->setEffect({stemwright::session::kMasterStrip, 7}, LimiterRequest{-6.0206});
    REQUIRE(limited.ok());
    CHECK(limited.value().latencyFrames > 0);
    std::vector<float> part(2 * 4096);
    CHECK(eventually([&] {  // what lies between the samples may pass them a little
      const std::size_t count = monitor->readOutput(part);
      return count > 0 && part[2 * count - 2] > 0.48f && part[2 * count - 2] < 0.5001f;
    }));
    REQUIRE(monitor->removeEffect(place).ok());
    CHECK(settlesAt(0.2f, 0.2f));
    CHECK(monitor->removeEffect({0, 8}).error().code == ErrorCode::kInvalidArgument);
    REQUIRE(monitor->setEffect(place, reverb).ok());
    REQUIRE(monitor->unload().ok());
    CHECK(monitor->setEffect(place, reverb).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("effects that were exchanged are let go of, though nobody asks how it goes") {
    using stemwright::core::MemoryOwner;
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 1, noise(40'000, 8, 0.01f));
    const auto held = [] {
      const auto owners = stemwright::core::memoryUsage().owners;
      return owners[static_cast<std::size_t>(MemoryOwner::kConvolution)].current;
    };
    const std::size_t before = held();
    const auto monitor = openSilent();
    stemwright::session::ReverbRequest reverb{folder.file("ir.f32"), 1};
    reverb.isThreaded = false;
    std::size_t one = 0;
    for (int i = 0; i < 12; ++i) {
      reverb.edit.isReversed = i % 2 == 1;
      REQUIRE(monitor->setEffect({stemwright::session::kMasterStrip, 0}, reverb).ok());
      if (i == 0) one = held() - before;
      std::vector<float> sound;
      listen(*monitor, sound, 4000);  // longer than a crossfade
    }
    CHECK(one > 40'000);
    CHECK(held() - before <= 3 * one);
  }

  TEST_CASE("effects that come with a song are heard from its first frame on") {
    const TemporaryFolder folder;
    const TestSong from(folder, 1, 100'000);
    writeTrack(from.spec.tracks[0].path, 2, std::vector<float>(200'000, 0.2f));
    const auto monitor = openSilent();
    MonitorSong song = songOf(from);
    const stemwright::session::InsertPlace place{0, 3};
    song.effects.push_back({place, stemwright::session::GainRequest{0.5}});
    REQUIRE(monitor->load(song).ok());
    REQUIRE(monitor->play().ok());
    std::vector<float> sound;
    listen(*monitor, sound, 10'000);
    const float loudest = *std::max_element(sound.begin(), sound.end());
    CHECK(loudest == doctest::Approx(0.1));
    // It is the one that is turned from now on.
    REQUIRE(monitor->setEffect(place, stemwright::session::GainRequest{1.5}).ok());
    std::vector<float> part(2 * 4096);
    CHECK(eventually([&] {
      const std::size_t count = monitor->readOutput(part);
      return count > 0 && std::abs(part[2 * count - 1] - 0.3f) < 1e-5f;
    }));
    song.effects.push_back(song.effects[0]);
    CHECK(monitor->load(song).error().code == ErrorCode::kInvalidArgument);
    song.effects = {{{1, 0}, stemwright::session::GainRequest{1}}};
    CHECK(monitor->load(song).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("a track whose effect comes late stays in time with the others") {
    const TemporaryFolder folder;
    const TestSong from(folder, 2, 200'000);
    writeTrack(folder.file("ir.f32"), 1, {1.0f});
    const auto monitor = openSilent();
    MonitorSong song = songOf(from);
    stemwright::session::ReverbRequest late{folder.file("ir.f32"), 1};
    late.mode = stemwright::dsp::ConvolutionMode::kUniform;
    late.blockSize = 2048;
    late.dry = 0;
    song.effects.push_back({{0, 0}, late});
    song.position = 3000;
    REQUIRE(monitor->load(song).ok());
    REQUIRE(eventually([&] { return monitor->read().engine.songLatency == 2048; }));
    REQUIRE(monitor->play().ok());
    std::vector<float> sound;
    listen(*monitor, sound, 40'000);
    std::size_t start = 0;
    while (std::abs(sound[start]) < 1e-5f && std::abs(sound[start + 1]) < 1e-5f) start += 2;
    // The fade begins with almost nothing: the best of a few frames is the true one.
    double best = 1;
    for (std::size_t shift = 0; shift < 40; ++shift) {
      double worst = 0;
      for (std::size_t i = start + 2 * 600; i < start + 2 * 20'000; ++i) {
        const std::size_t at = 2 * (3000 + shift) + i - start;
        worst = std::max(worst, std::abs(sound[i] - double{from.stems[0][at]} - from.stems[1][at]));
      }
      best = std::min(best, worst);
    }
    CHECK(20 * std::log10(best) < -110);
  }

  TEST_CASE("strips send into a bus of its own effects, after their faders") {
    const TemporaryFolder folder;
    const TestSong from(folder, 2, 100'000);
    for (const auto& track : from.spec.tracks) {
      writeTrack(track.path, 2, std::vector<float>(200'000, 0.1f));
    }
    const auto monitor = openSilent();
    MonitorSong song = songOf(from);
    song.strips[1].gain = 0.5;
    REQUIRE(monitor->load(song).ok());
    REQUIRE(monitor->loop(stemwright::session::FrameRange{0, 50'000}).ok());
    REQUIRE(monitor->play().ok());
    const auto settlesAt = [&](float value) {
      std::vector<float> part(2 * 4096);
      return eventually([&] {
        const std::size_t count = monitor->readOutput(part);
        return count > 0 && std::abs(part[2 * count - 1] - value) < 1e-5f;
      });
    };
    CHECK(settlesAt(0.15f));
    using stemwright::session::kSendStrip;
    REQUIRE(monitor->setEffect({kSendStrip, 0}, stemwright::session::GainRequest{2}).ok());
    REQUIRE(monitor->setSend(1, 0.5).ok());
    CHECK(settlesAt(0.2f));
    CHECK(monitor->read().engine.send.peak[0] == doctest::Approx(0.05));
    REQUIRE(monitor->setStrip(1, {.isMuted = true}).ok());
    CHECK(settlesAt(0.1f));
    CHECK(monitor->setSend(2, 1).error().code == ErrorCode::kInvalidArgument);
    CHECK(monitor->setSend(stemwright::session::kMasterStrip, 1).error().code ==
          ErrorCode::kInvalidArgument);
  }

  TEST_CASE("what cannot play is refused, and what plays goes on") {
    const TemporaryFolder folder;
    const TestSong from(folder, 1, 100'000);
    const auto monitor = openSilent();
    REQUIRE(monitor->load(songOf(from)).ok());
    MonitorSong bad = songOf(from);
    bad.strips.clear();
    CHECK(monitor->load(bad).error().code == ErrorCode::kInvalidArgument);
    bad = songOf(from);
    bad.tracks[0].path = folder.file("none.f32");
    CHECK(monitor->load(bad).error().code == ErrorCode::kInput);
    CHECK(eventually([&] { return monitor->read().engine.strips == 1; }));
    auto none = Monitor::open({{.id = "no such/device"}, false});
    REQUIRE_FALSE(none.ok());
    CHECK(none.error().code == ErrorCode::kOutput);
  }
}
