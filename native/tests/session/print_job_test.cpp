#include "session/print_job.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "session/monitor.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

namespace stemwright {

using core::ErrorCode;
using session::Monitor;
using session::PrintRequest;
using session::ReverbRequest;

namespace {

constexpr double kRate = 48'000;

std::vector<float> readAll(const std::string& path, std::size_t channels) {
  const auto track = pcm::Track::open(path, channels);
  REQUIRE(track.ok());
  std::vector<float> samples(track.value().frames() * channels);
  REQUIRE(track.value().read(0, samples).ok());
  return samples;
}

core::Status print(const PrintRequest& request) {
  return session::printTrack(request, {}, [](const auto&) {});
}

/// A chain of each kind, with a response whose tail is long enough for every stage.
std::vector<session::PrintEffect> fullChain(const TemporaryFolder& folder) {
  writeTrack(folder.file("ir.f32"), 2, noise(2 * 60'000, 5, 0.01f));
  ReverbRequest reverb{folder.file("ir.f32"), 2};
  reverb.edit.isLoudnessNormalised = true;
  reverb.edit.preDelaySeconds = 0.01;
  reverb.blockSize = 256;
  reverb.dry = 0.7;
  reverb.wet = 0.4;
  const dsp::EqBand band{{dsp::FilterKind::kPeak, 900, 1.2, -6}, true};
  return {{0, session::GainRequest{0.5}},
          {1, session::EqRequest{{band}}},
          {4, reverb},
          {7, session::LimiterRequest{-12}}};
}

/// What a silent monitor plays of the track, from its first frame on.
std::vector<float> heard(const PrintRequest& request, std::size_t frames) {
  const auto monitor = Monitor::open({{.rate = request.rate, .frames = 256}, true});
  REQUIRE(monitor.ok());
  session::MonitorSong song;
  song.tracks.push_back({request.input, request.channels});
  song.strips.resize(1);
  song.rate = request.rate;
  for (const auto& [slot, effect] : request.effects) song.effects.push_back({{0, slot}, effect});
  REQUIRE(monitor.value()->load(song).ok());
  REQUIRE(monitor.value()->play().ok());
  std::vector<float> sound, part(2 * 4096);
  for (int i = 0; i < 4000 && sound.size() < 2 * frames; ++i) {
    const std::size_t count = monitor.value()->readOutput(part);
    sound.insert(sound.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(2 * count));
    if (count == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  REQUIRE(sound.size() >= 2 * frames);
  return sound;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("what is printed is what is heard, but for its lag") {
    const TemporaryFolder folder;
    // The transport fades in over 5 ms: silence there makes no difference.
    std::vector<float> x = noise(2 * 60'000, 9, 0.3f);
    std::fill_n(x.begin(), 2 * 400, 0.0f);
    x[2 * 400] = 0.8f;
    writeTrack(folder.file("in.f32"), 2, x);
    PrintRequest request{folder.file("in.f32"), 2, kRate, fullChain(folder),
                         folder.file("out.f32")};
    REQUIRE(print(request).ok());
    const std::vector<float> printed = readAll(request.output, 2);
    REQUIRE(printed.size() == x.size());
    const std::vector<float> live = heard(request, 60'000);

    // Both begin with silence; the first sample that is not is the same one.
    const auto first = [](const std::vector<float>& sound) {
      const auto at = std::find_if(sound.begin(), sound.end(), [](float s) { return s != 0; });
      return static_cast<std::size_t>(at - sound.begin());
    };
    const std::size_t from = first(live);
    const std::size_t to = first(printed);
    CHECK(to == 2 * 400);
    double worst = 0;
    for (std::size_t i = 0; to + i < printed.size() && from + i < live.size(); ++i) {
      worst = std::max(worst, std::abs(double{printed[to + i]} - live[from + i]));
    }
    CHECK(20 * std::log10(worst + 1e-12) < -120);
    CHECK(printed[to] != 0);
  }

  TEST_CASE("a print is as long as its track, in its channels, without the effects' latency") {
    const TemporaryFolder folder;
    std::vector<float> x(5000, 0.0f);
    x[10] = 1;
    x[4999] = 0.5f;
    writeTrack(folder.file("in.f32"), 1, x);
    writeTrack(folder.file("ir.f32"), 1, {1.0f, 0.5f});
    ReverbRequest reverb{folder.file("ir.f32"), 1};
    reverb.mode = dsp::ConvolutionMode::kUniform;
    reverb.blockSize = 4096;
    reverb.dry = 0;
    const PrintRequest request{
        folder.file("in.f32"), 1, kRate, {{2, reverb}}, folder.file("out.f32")};
    REQUIRE(print(request).ok());
    const std::vector<float> printed = readAll(request.output, 1);
    REQUIRE(printed.size() == 5000);
    CHECK(printed[10] == doctest::Approx(1));
    CHECK(printed[11] == doctest::Approx(0.5));
    CHECK(printed[4999] == doctest::Approx(0.5));
    CHECK(std::abs(printed[9]) < 1e-6f);
  }

  TEST_CASE("a print is stopped, and refuses what it cannot do") {
    const TemporaryFolder folder;
    writeTrack(folder.file("in.f32"), 2, noise(2 * 200'000, 3));
    PrintRequest request{
        folder.file("in.f32"), 2, kRate, {{0, session::GainRequest{1}}}, folder.file("out.f32")};
    core::CancelFlag cancel;
    std::size_t reports = 0;
    const auto stopped = session::printTrack(request, cancel, [&](const auto& progress) {
      ++reports;
      CHECK(progress.segment <= progress.segments);
      cancel.request();
    });
    CHECK(stopped.error().code == ErrorCode::kCancelled);
    CHECK(reports == 1);
    request.effects.push_back(request.effects[0]);
    CHECK(print(request).error().code == ErrorCode::kInvalidArgument);
    request.effects = {{0, ReverbRequest{folder.file("none.f32"), 2}}};
    CHECK(print(request).error().code == ErrorCode::kInput);
    request.input = folder.file("none.f32");
    CHECK(session::planPrint(request).error().code == ErrorCode::kInput);
  }
}

}  // namespace stemwright
