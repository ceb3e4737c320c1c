#include "session/print_job.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <vector>

#include "rt/limiter_insert.h"
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
  return session::print(request, {}, [](const auto&) {});
}

PrintRequest ofTrack(const std::string& path, std::size_t channels,
                     std::vector<session::PrintEffect> effects, const std::string& output) {
  return {{{path, std::move(effects)}}, channels, kRate, output};
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

/// What a silent monitor plays of the tracks, from their first frame on.
std::vector<float> heard(const PrintRequest& request, std::size_t frames) {
  const auto monitor = Monitor::open({{.rate = request.rate, .frames = 256}, true});
  REQUIRE(monitor.ok());
  session::MonitorSong song;
  song.rate = request.rate;
  for (const session::PrintTrack& track : request.tracks) {
    const std::size_t strip = song.tracks.size();
    song.tracks.push_back({track.path, request.channels});
    song.strips.push_back({track.gain, track.pan});
    for (const auto& [slot, effect] : track.effects) {
      song.effects.push_back({{strip, slot}, effect});
    }
  }
  REQUIRE(monitor.value()->load(song).ok());
  for (std::size_t strip = 0; strip < request.tracks.size(); ++strip) {
    REQUIRE(monitor.value()->setSend(strip, request.tracks[strip].send).ok());
  }
  for (const auto& [slot, effect] : request.sendEffects) {
    REQUIRE(monitor.value()->setEffect({rt::kSendStrip, slot}, effect).ok());
  }
  for (const auto& [slot, effect] : request.masterEffects) {
    REQUIRE(monitor.value()->setEffect({rt::kMasterStrip, slot}, effect).ok());
  }
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

/// The most by which what is printed differs from what is heard, from the first sample on that is
/// not silent in either; dB.
double worstDifference(const std::vector<float>& printed, const std::vector<float>& live) {
  const auto first = [](const std::vector<float>& sound) {
    const auto at =
        std::find_if(sound.begin(), sound.end(), [](float s) { return std::abs(s) > 1e-6f; });
    return static_cast<std::size_t>(at - sound.begin());
  };
  const std::size_t from = first(live);
  const std::size_t to = first(printed);
  CHECK(to < printed.size());
  double worst = 0;
  for (std::size_t i = 0; to + i < printed.size() && from + i < live.size(); ++i) {
    worst = std::max(worst, std::abs(double{printed[to + i]} - live[from + i]));
  }
  return 20 * std::log10(worst + 1e-12);
}

TEST_SUITE("session") {
  TEST_CASE("what is printed is what is heard, but for its lag") {
    const TemporaryFolder folder;
    // The transport fades in over 5 ms: silence there makes no difference.
    std::vector<float> x = noise(2 * 60'000, 9, 0.3f);
    std::fill_n(x.begin(), 2 * 400, 0.0f);
    x[2 * 400] = 0.8f;
    writeTrack(folder.file("in.f32"), 2, x);
    const PrintRequest request =
        ofTrack(folder.file("in.f32"), 2, fullChain(folder), folder.file("out.f32"));
    REQUIRE(print(request).ok());
    const std::vector<float> printed = readAll(request.output, 2);
    REQUIRE(printed.size() == x.size());
    CHECK(std::all_of(printed.begin(), printed.begin() + 2 * 400, [](float s) { return s == 0; }));
    CHECK(printed[2 * 400] != 0);
    CHECK(worstDifference(printed, heard(request, 60'000)) < -120);
  }

  TEST_CASE("the master and the send bus are printed as they are heard") {
    const TemporaryFolder folder;
    // Silence until live gains, sends and effects have come to rest.
    constexpr std::size_t kRest = 2 * 9'600;
    PrintRequest request{{}, 2, kRate, folder.file("out.f32")};
    for (std::uint32_t i = 0; i < 2; ++i) {
      std::vector<float> x = noise(2 * 60'000, 9 + i, 0.3f);
      std::fill_n(x.begin(), kRest, 0.0f);
      x[kRest] = 0.8f;
      const std::string path = folder.file("in" + std::to_string(i) + ".f32");
      writeTrack(path, 2, x);
      request.tracks.push_back(
          {path, {}, i == 0 ? 0.5 : 0.8, i == 0 ? -0.5 : 0.25, i == 0 ? 0.7 : 0});
    }
    ReverbRequest late{folder.file("ir.f32"), 2};
    late.mode = dsp::ConvolutionMode::kUniform;
    late.blockSize = 1024;
    request.sendEffects = fullChain(folder);
    request.tracks[1].effects = {{3, late}};
    request.masterEffects = {{0, session::GainRequest{0.7}}, {7, session::LimiterRequest{-20}}};

    SUBCASE("master") {}
    SUBCASE("master, one of the two alone") {
      request.tracks.resize(1);
    }
    REQUIRE(print(request).ok());
    const std::vector<float> mix = readAll(request.output, 2);
    CHECK(mix.size() == 2 * 60'000);
    CHECK(worstDifference(mix, heard(request, 60'000)) < -120);

    // What only the send bus says: the master without effects, less the tracks themselves.
    PrintRequest send = request;
    send.masterEffects.clear();
    PrintRequest dry = send;
    for (session::PrintTrack& track : dry.tracks) track.send = 0;
    REQUIRE(print(send).ok());
    const std::vector<float> whole = readAll(send.output, 2);
    REQUIRE(print(dry).ok());
    const std::vector<float> rest = readAll(dry.output, 2);
    send.bus = session::PrintBus::kSend;
    REQUIRE(print(send).ok());
    const std::vector<float> alone = readAll(send.output, 2);
    // On its own it comes without the lag of its chain, which the live mix leaves in it.
    const std::size_t lag = 2 * rt::LimiterInsert(kRate, -12).latencyFrames();
    double worst = 0;
    double loudest = 0;
    for (std::size_t i = lag; i < whole.size(); ++i) {
      worst = std::max(worst, std::abs(double{whole[i]} - rest[i] - alone[i - lag]));
      loudest = std::max(loudest, std::abs(double{alone[i - lag]}));
    }
    CHECK(20 * std::log10(worst / loudest + 1e-12) < -110);
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
    const PrintRequest request =
        ofTrack(folder.file("in.f32"), 1, {{2, reverb}}, folder.file("out.f32"));
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
    PrintRequest request =
        ofTrack(folder.file("in.f32"), 2, {{0, session::GainRequest{1}}}, folder.file("out.f32"));
    core::CancelFlag cancel;
    std::size_t reports = 0;
    const auto stopped = session::print(request, cancel, [&](const auto& progress) {
      ++reports;
      CHECK(progress.segment <= progress.segments);
      cancel.request();
    });
    CHECK(stopped.error().code == ErrorCode::kCancelled);
    CHECK(reports == 1);
    std::vector<session::PrintEffect>& effects = request.tracks[0].effects;
    effects.push_back(effects[0]);
    CHECK(print(request).error().code == ErrorCode::kInvalidArgument);
    effects = {{0, ReverbRequest{folder.file("none.f32"), 2}}};
    CHECK(print(request).error().code == ErrorCode::kInput);
    request.tracks[0].path = folder.file("none.f32");
    CHECK(session::planPrint(request).error().code == ErrorCode::kInput);
    request.tracks.clear();
    CHECK(print(request).error().code == ErrorCode::kInvalidArgument);
  }
}

}  // namespace stemwright
