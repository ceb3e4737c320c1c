#include "session/gpu_tail.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <vector>

#include "dsp/convolution/convolver.h"
#include "tests/dsp/exact_convolution.h"
#include "tests/gpu/test_device.h"

namespace stemwright {
namespace {

using Channels = std::vector<std::vector<float>>;
using testing::noiseOf;
using testing::testDeviceId;

constexpr std::size_t kTaps = 60'000;
constexpr std::size_t kFrames = 60'000;
constexpr std::size_t kBlock = 128;

struct Made {
  std::unique_ptr<dsp::Convolver> convolver;
  session::GpuTailFacts facts;
};

/// @param device empty: all on the processor, in the audio thread
Made make(const Channels& response, const std::string& device) {
  const std::vector<std::span<const float>> views(response.begin(), response.end());
  dsp::ConvolverOptions options;
  options.blockSize = kBlock;
  if (device.empty()) return {testing::valueOf(dsp::Convolver::create(views, options)), {}};
  session::GpuTails tails({.device = device});
  options.tailThread = dsp::TailThread::kWorker;
  options.tailDevices = tails.maker();
  auto convolver = testing::valueOf(dsp::Convolver::create(views, options));
  return {std::move(convolver), tails.facts()};
}

/// Noise through it, the device having all the time that it wants.
Channels render(dsp::Convolver& convolver) {
  const Channels in{noiseOf(kFrames, 1), noiseOf(kFrames, 2)};
  Channels out(2, std::vector<float>(kFrames));
  for (std::size_t at = 0; at + kBlock <= kFrames; at += kBlock) {
    const float* from[] = {in[0].data() + at, in[1].data() + at};
    float* to[] = {out[0].data() + at, out[1].data() + at};
    convolver.process(from, to, kBlock);
    convolver.settle();
  }
  return out;
}

double errorDb(const Channels& actual, const Channels& expected) {
  testing::ErrorLevel level;
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t n = 0; n < kFrames; ++n) level.add(actual[c][n], expected[c][n]);
  }
  return level.db();
}

Channels responseOf(std::size_t channels, std::size_t taps = kTaps) {
  Channels response;
  for (std::uint32_t c = 0; c < channels; ++c) response.push_back(noiseOf(taps, 10 + c));
  return response;
}

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("a tail on the device is the processor's, whatever the response's channels") {
    for (const std::size_t channels : {1u, 2u, 4u}) {
      CAPTURE(channels);
      const Channels response = responseOf(channels);
      const Made made = make(response, testDeviceId());
      CHECK(made.facts.fault == "");
      CHECK(made.facts.agreementDb > 100);
      CHECK(made.facts.warmUpSeconds > 0);
      CHECK(made.facts.frames > kTaps / 2);
      CHECK(errorDb(render(*made.convolver), render(*make(response, "").convolver)) < -120);
      const dsp::TailDeviceCounts counts = made.convolver->deviceCounts();
      CHECK(counts.computed > 0);
      CHECK(counts.late + counts.refused == 0);
      CHECK_FALSE(counts.isLost);
      CHECK(made.convolver->missedBlocks() == 0);
    }
  }

  TEST_CASE("a device that goes away leaves the tail to the processor, and it sounds the same") {
    const Channels response = responseOf(2);
    // More than what it does before it is heard.
    setenv("STEMWRIGHT_GPU_LOSE_AFTER", "15", 1);
    const Made made = make(response, testDeviceId());
    unsetenv("STEMWRIGHT_GPU_LOSE_AFTER");
    CHECK(made.facts.fault == "");
    CHECK(errorDb(render(*made.convolver), render(*make(response, "").convolver)) < -120);
    const dsp::TailDeviceCounts counts = made.convolver->deviceCounts();
    CHECK(counts.computed > 0);
    CHECK(counts.isLost);
    CHECK(made.convolver->missedBlocks() == 0);
  }

  TEST_CASE("why a device has no part in a tail is said, and the processor has it") {
    const auto check = [](const Made& made, std::size_t taps, const char* why) {
      INFO(made.facts.fault);
      CHECK(made.facts.fault.find(why) != std::string::npos);
      CHECK(made.facts.device == "");
      CHECK(errorDb(render(*made.convolver), render(*make(responseOf(2, taps), "").convolver)) <
            -120);
      CHECK(made.convolver->deviceCounts().computed == 0);
    };
    check(make(responseOf(2, 1000), testDeviceId()), 1000, "no partitions as long");
    check(make(responseOf(2), "vulkan:none"), kTaps, "vulkan:none");
    setenv("STEMWRIGHT_GPU_LOSE_AFTER", "1", 1);
    const Made lost = make(responseOf(2), testDeviceId());
    unsetenv("STEMWRIGHT_GPU_LOSE_AFTER");
    check(lost, kTaps, "did not compute its first block");
  }
}

}  // namespace stemwright
