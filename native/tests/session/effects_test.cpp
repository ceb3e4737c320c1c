#include "session/effects.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "rt/engine.h"
#include "tests/dsp/exact_convolution.h"
#include "tests/gpu/test_device.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"
#include "tests/support/realtime_trap.h"
#include "tests/support/sanitizers.h"

namespace stemwright {

using dsp::ConvolutionMode;
using session::EffectFacts;
using session::EffectRequest;
using session::EffectSetting;
using session::PreparedEffect;
using session::prepareEffect;
using session::ReverbRequest;

namespace {

constexpr double kRate = 48'000;
constexpr ConvolutionMode kModes[] = {ConvolutionMode::kDirect, ConvolutionMode::kFft,
                                      ConvolutionMode::kUniform, ConvolutionMode::kPartitioned};

/// Under a sanitizer nothing is refused for taking longer than there is.
PreparedEffect prepared(const EffectRequest& request, EffectSetting setting = {}) {
  setting.isTrial |= STEMWRIGHT_SANITIZED == 1;
  auto made = prepareEffect(request, setting);
  if (!made.ok()) FAIL(made.error().message);
  return std::move(made).value();
}

/// The live input of an engine, with its blocks.
class Live {
 public:
  Live() {
    REQUIRE(engine_.setGains(rt::kInputStrip, rt::gainsOf(1, 0)));
    // Past the ramp.
    play(std::vector<float>(2000));
  }

  void put(const EffectRequest& request, const EffectSetting& setting = {}) {
    REQUIRE(engine_.setInsert(rt::kInputStrip, 0, prepared(request, setting).insert));
    engine_.collect();
  }
  void putNow(const EffectRequest& request) {
    put(request);
    play(std::vector<float>(4000));  // past the crossfade
  }

  /// @return what comes out on the left
  std::vector<float> play(std::vector<float> x, std::size_t most = 512, unsigned seed = 1) {
    std::mt19937 random(seed);
    std::vector<float> right(x.size());
    for (std::size_t at = 0; at < x.size();) {
      const std::size_t frames = std::min<std::size_t>(1 + random() % most, x.size() - at);
      const float* const input[] = {x.data() + at};
      float* const output[] = {x.data() + at, right.data() + at};
      const testing::RealtimeTrap trap;
      engine_.process(input, 1, output, 2, frames);
      at += frames;
    }
    return x;
  }

  rt::Engine& engine() { return engine_; }

 private:
  rt::Engine engine_{kRate};
};

/// The largest bend of a curve: that of a step is the step itself.
double sharpest(const std::vector<float>& x) {
  double worst = 0;
  for (std::size_t i = 2; i < x.size(); ++i) {
    worst = std::max(worst, std::abs(double{x[i]} - 2 * double{x[i - 1]} + double{x[i - 2]}));
  }
  return worst;
}

std::vector<float> tone(std::size_t frames) {
  std::vector<float> x(frames);
  for (std::size_t i = 0; i < frames; ++i) {
    x[i] = static_cast<float>(
        0.5 * std::sin(2 * std::numbers::pi * 220 / kRate * static_cast<double>(i)));
  }
  return x;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("every mode of reverb is the exact convolution, live, in blocks of any size") {
    const TemporaryFolder folder;
    const std::vector<float> response = noise(9000, 4, 0.05f);
    writeTrack(folder.file("ir.f32"), 1, response);
    const std::vector<float> signals[] = {noise(60'000, 7), testing::sweep(60'000)};
    for (const ConvolutionMode mode : kModes) {
      for (const auto& x : signals) {
        ReverbRequest request{folder.file("ir.f32"), 1};
        request.mode = mode;
        request.isThreaded = false;
        request.dry = 0;
        const EffectFacts facts = prepared(request).facts;
        const bool isInstant =
            mode == ConvolutionMode::kDirect || mode == ConvolutionMode::kPartitioned;
        CHECK((facts.latencyFrames == 0) == isInstant);
        Live live;
        live.putNow(request);
        const std::vector<float> out = live.play(x, 8192, 5);
        testing::ErrorLevel level;
        for (const std::size_t n : testing::somePositions(x.size() - facts.latencyFrames, 500, 3)) {
          level.add(out[n + facts.latencyFrames], testing::convolvedAt(x, response, n));
        }
        INFO(static_cast<int>(mode));
        CHECK(level.db() < -120);
      }
    }
  }

  TEST_CASE("without latency an impulse comes out in the frame in which it went in") {
    const TemporaryFolder folder;
    std::vector<float> response = noise(50'000, 4, 0.01f);
    response[0] = 0.75f;
    writeTrack(folder.file("ir.f32"), 1, response);
    for (const std::size_t block : {64u, 256u, 1024u}) {
      ReverbRequest request{folder.file("ir.f32"), 1};
      request.dry = 0;
      request.blockSize = block;
      request.isThreaded = false;
      Live live;
      live.putNow(request);
      std::vector<float> x(20'000);
      x[777] = 1;
      const std::vector<float> out = live.play(x, 3000);
      CHECK(out[777] == doctest::Approx(0.75).epsilon(1e-5));
      CHECK(std::abs(out[776]) < 1e-7f);
      CHECK(out[10'777] == doctest::Approx(response[10'000]).epsilon(1e-4));
    }
  }

  TEST_CASE("effects are exchanged every 200 ms without a click") {
    const TemporaryFolder folder;
    std::vector<EffectRequest> requests;
    for (unsigned i = 0; i < 4; ++i) {
      std::vector<float> response = noise(2 * (3000 + 4000 * i), 30 + i, 0.02f);
      response[0] = response[1] = i % 2 == 0 ? 0.8f : -0.3f;
      const std::string path = folder.file("ir" + std::to_string(i) + ".f32");
      writeTrack(path, 2, response);
      ReverbRequest request{path, 2};
      request.mode = kModes[i];
      request.edit.isReversed = i == 2;
      request.edit.isLoudnessNormalised = i == 1;
      request.isThreaded = false;
      request.dry = 0.5;
      requests.emplace_back(request);
    }
    requests.emplace_back(session::EqRequest{{{{dsp::FilterKind::kPeak, 250, 2, 18}, true}}});
    requests.emplace_back(session::GainRequest{0.1});
    requests.emplace_back(session::LimiterRequest{-12});

    Live live;
    constexpr std::size_t kSwap = 9600;
    const std::vector<float> x = tone(28 * kSwap);
    std::vector<float> out;
    const auto before = testing::offences();
    for (std::size_t i = 0; i < 28; ++i) {
      live.put(requests[i % requests.size()]);
      const auto part = live.play({x.begin() + static_cast<std::ptrdiff_t>(i * kSwap),
                                   x.begin() + static_cast<std::ptrdiff_t>((i + 1) * kSwap)},
                                  300, static_cast<unsigned>(i));
      out.insert(out.end(), part.begin(), part.end());
    }
    CAPTURE(testing::lastOffence());
    CHECK(testing::offences() == before);
    const float loudest = *std::max_element(out.begin(), out.end());
    CHECK(loudest > 1);
    // A tone of that level bends by so much all the time; a click of −40 dBFS would by 0.01.
    CHECK(sharpest(out) < 0.01);
  }

  TEST_CASE("the audio thread never meets the graphics processor that computes its tail") {
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 2, noise(2 * 60'000, 4, 0.01f));
    ReverbRequest request{folder.file("ir.f32"), 2};
    request.gpu.device = testing::testDeviceId();
    EffectSetting setting;
    setting.blockFrames = 256;
    PreparedEffect reverb = prepared(request, setting);
    CHECK(reverb.facts.gpu.fault == "");
    CHECK(reverb.facts.gpu.warmUpSeconds > 0);
    // What is asked for can be another device, which needs another effect.
    ReverbRequest onProcessor = request;
    onProcessor.gpu = {};
    EffectFacts facts;
    CHECK_FALSE(session::glideTo(onProcessor, request, *reverb.insert, setting, facts).value());

    const auto before = testing::offences();
    std::vector<float> left = tone(20'480), right = left;
    for (std::size_t at = 0; at < left.size(); at += 256) {
      const testing::RealtimeTrap trap;
      reverb.insert->process(left.data() + at, right.data() + at, 256);
    }
    CAPTURE(testing::lastOffence());
    CHECK(testing::offences() == before);
  }

  TEST_CASE("a reverb that has lost its device glides no more: it is made anew, to try it again") {
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 1, noise(60'000, 4, 0.01f));
    ReverbRequest request{folder.file("ir.f32"), 1};
    request.gpu.device = testing::testDeviceId();
    EffectSetting setting;
    setting.blockFrames = 256;
    setenv("STEMWRIGHT_GPU_LOSE_AFTER", "8", 1);
    PreparedEffect lost = prepared(request, setting);
    unsetenv("STEMWRIGHT_GPU_LOSE_AFTER");
    REQUIRE(lost.facts.gpu.fault == "");
    const auto isLost = [&] { return session::readEffect(request, *lost.insert)->gpu.isLost; };
    ReverbRequest wetter = request;
    wetter.wet = 2;
    EffectFacts facts;
    CHECK(session::glideTo(wetter, request, *lost.insert, setting, facts).value() == !isLost());
    std::vector<float> left = tone(256), right = left;
    // Blocks come far faster than they would be played, so the device's turns are counted by time.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!isLost() && std::chrono::steady_clock::now() < end) {
      lost.insert->process(left.data(), right.data(), 256);
    }
    REQUIRE(isLost());
    CHECK_FALSE(session::glideTo(wetter, request, *lost.insert, setting, facts).value());

    const PreparedEffect again = prepared(wetter, setting);
    CHECK(again.facts.gpu.fault == "");
    CHECK_FALSE(session::readEffect(wetter, *again.insert)->gpu.isLost);
  }

  TEST_CASE("what glides needs no new effect and does not click; what does not, does") {
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 1, noise(4000, 5, 0.02f));
    ReverbRequest reverb{folder.file("ir.f32"), 1};
    ReverbRequest wetter = reverb;
    wetter.wet = 3;
    ReverbRequest other = wetter;
    other.edit.width = 0.5;
    const dsp::EqBand flat{{dsp::FilterKind::kPeak, 220, 1, 0}, true};
    dsp::EqBand loud = flat;
    loud.filter.gainDb = 12;
    const std::pair<EffectRequest, EffectRequest> pairs[] = {
        {session::GainRequest{1}, session::GainRequest{0.2}},
        {session::EqRequest{{flat}}, session::EqRequest{{loud}}},
        {session::LimiterRequest{0}, session::LimiterRequest{-20}},
        {reverb, wetter}};
    for (const auto& [from, to] : pairs) {
      PreparedEffect effect = prepared(from);
      std::vector<float> left = tone(48'000), right = left;
      effect.insert->process(left.data(), right.data(), 8000);
      const auto isDone = session::glideTo(to, from, *effect.insert, {}, effect.facts);
      REQUIRE(isDone.ok());
      CHECK(isDone.value());
      for (std::size_t at = 8000; at < left.size(); at += 8000) {
        effect.insert->process(left.data() + at, right.data() + at, 8000);
      }
      // A limiter turns down in 2 ms; the others take their time.
      const std::vector<float> turned(left.begin() + 7000, left.end());
      CHECK(sharpest(turned) < (std::holds_alternative<session::LimiterRequest>(to) ? 0.05 : 0.01));
    }
    PreparedEffect effect = prepared(reverb);
    CHECK_FALSE(session::glideTo(other, reverb, *effect.insert, {}, effect.facts).value());
    CHECK_FALSE(session::glideTo(session::GainRequest{1}, reverb, *effect.insert, {}, effect.facts)
                    .value());
  }

  TEST_CASE("dry sound gives way to wet, so that noise keeps its level") {
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 1, noise(24'000, 5, 0.2f));
    for (const bool isNormalised : {true, false}) {
      ReverbRequest request{folder.file("ir.f32"), 1};
      request.edit.isLoudnessNormalised = isNormalised;
      request.isDryCompensated = true;
      const double gain = prepared(request).facts.loudnessGain;
      request.wet = isNormalised ? 0.6 : 0.6 * gain;
      const EffectFacts facts = prepared(request).facts;
      CHECK(facts.dry == doctest::Approx(0.8).epsilon(0.001));
      CHECK(facts.responseGain == doctest::Approx(isNormalised ? gain : 1));
      request.wet *= 3;
      CHECK(prepared(request).facts.dry == 0);
    }
  }

  TEST_CASE("blocks that are no sound are muted, and effects go on as if they had been silent") {
    Live live;
    live.putNow(session::EqRequest{{{{dsp::FilterKind::kLowShelf, 200, 0.7, 12}, true}}});
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(), 1e30f, -1e12f}) {
      const auto before = live.engine().snapshot().nonFiniteBlocks;
      std::vector<float> x(64, 0.1f);
      x[9] = bad;
      for (const float sample : live.play(x, 1)) CHECK(std::abs(sample) < 1);
      CHECK(live.engine().snapshot().nonFiniteBlocks == before + 1);
      const auto after = live.play(std::vector<float>(48'000, 0.1f));
      CHECK(after.back() == doctest::Approx(0.1 * std::pow(10, 0.6)).epsilon(0.01));
    }
  }

  TEST_CASE("what cannot keep pace, or is out of range, is refused") {
    const TemporaryFolder folder;
    writeTrack(folder.file("ir.f32"), 2, noise(2 * 480'000, 5, 0.02f));
    ReverbRequest request{folder.file("ir.f32"), 2};
    request.mode = ConvolutionMode::kDirect;
    // A rate at which no processor could.
    const auto slow = prepareEffect(request, {.rate = 20e6, .blockFrames = 64});
    REQUIRE_FALSE(slow.ok());
    CHECK(slow.error().code == core::ErrorCode::kInvalidArgument);
    CHECK(slow.error().message.find("this mode takes") == 0);
    const EffectFacts trial =
        prepared(request, {.rate = 20e6, .blockFrames = 64, .isTrial = true}).facts;
    CHECK(trial.load > 0.9);
    CHECK(trial.worstLoad >= trial.load);
    // All of its work falls on one block of very many.
    request.mode = ConvolutionMode::kFft;
    const EffectFacts whole = prepared(request, {.blockFrames = 64, .isTrial = true}).facts;
    CHECK(whole.latencyFrames >= 480'000);
    CHECK(whole.worstLoad > 100 * whole.load);
    request.mode = ConvolutionMode::kPartitioned;
    request.edit.stretch = 9;
    CHECK_FALSE(prepareEffect(request, {}).ok());
    request.edit.stretch = 1;
    request.blockSize = 100;
    CHECK_FALSE(prepareEffect(request, {}).ok());
    CHECK_FALSE(
        prepareEffect(session::EqRequest{{{{dsp::FilterKind::kPeak, -1, 1, 0}, true}}}, {}).ok());
  }
}

}  // namespace stemwright
