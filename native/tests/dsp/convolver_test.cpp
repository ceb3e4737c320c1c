#include "dsp/convolution/convolver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "tests/dsp/convolver_streams.h"
#include "tests/support/allocations.h"

namespace stemwright {

using dsp::ConvolutionMode;
using dsp::Convolver;
using dsp::ConvolverOptions;
using namespace testing;

namespace {

const std::pair<ConvolutionMode, const char*> kModes[] = {
    {ConvolutionMode::kDirect, "direct"},
    {ConvolutionMode::kFft, "fft"},
    {ConvolutionMode::kUniform, "uniform"},
    {ConvolutionMode::kPartitioned, "partitioned"}};

/// The direct form takes its length for every sample, and under a sanitizer fifty times as long.
std::size_t lengthFor(ConvolutionMode mode, std::size_t length) {
  return mode == ConvolutionMode::kDirect ? length / 10 : length;
}

std::vector<float> impulse(std::size_t count, std::size_t at = 0) {
  std::vector<float> samples(count);
  samples[at] = 1;
  return samples;
}

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("every mode convolves exactly, whatever the response's length and the blocks' sizes") {
    const Channels signals[] = {{noise(20'000, 1)}, {sweep(20'000)}, {impulse(20'000, 7)}};
    for (const auto& [mode, name] : kModes) {
      for (std::size_t taps : {1u, 2u, 63u, 64u, 65u, 129u, 1000u, 5000u, 33'333u}) {
        const Channels response{noise(taps, 99)};
        for (std::size_t s = 0; s < 3; ++s) {
          ConvolverOptions options;
          options.mode = mode;
          options.channels = 1;
          options.blockSize = s == 0 ? 64 : 256;
          const auto convolver = make(response, options);
          const Channels out = render(*convolver, signals[s], taps, randomSizes(3));
          INFO(name, ", ", taps, " taps, signal ", s);
          CHECK(errorOf(out, signals[s], response) < kBound);
        }
      }
    }
  }

  TEST_CASE("growing partitions are exact at every block size, whole and in pieces") {
    const Channels signal{noise(20'000, 12)};
    for (std::size_t block = dsp::kSmallestBlock; block <= dsp::kLargestBlock; block *= 2) {
      // Among them heads of many partitions.
      for (std::size_t taps : {9000u, 20'000u, 50'000u}) {
        const Channels response{noise(taps, 96)};
        ConvolverOptions options;
        options.channels = 1;
        options.blockSize = block;
        for (const BlockSizes& sizes : {allOf(block), allOf(100), randomSizes(9)}) {
          const auto convolver = make(response, options);
          const Channels out = render(*convolver, signal, taps, sizes);
          INFO(taps, " taps in blocks of ", block);
          CHECK(errorOf(out, signal, response) < kBound);
        }
      }
    }
  }

  TEST_CASE("every level convolves exactly") {
    const Channels response{noise(9000, 98)};
    const Channels signal{noise(12'000, 2)};
    for (kernels::Isa isa : kernels::availableIsas()) {
      for (const auto& [mode, name] : kModes) {
        ConvolverOptions options;
        options.mode = mode;
        options.channels = 1;
        const auto convolver = make(response, options, *kernels::kernelsFor(isa));
        const Channels out = render(*convolver, signal, 9000, randomSizes(4));
        INFO(kernels::isaName(isa), " ", name);
        CHECK(errorOf(out, signal, response) < kBound);
      }
    }
  }

  TEST_CASE("twenty seconds of response are convolved exactly") {
    const std::size_t taps = 960'000;
    const Channels response{noise(taps, 97)};
    for (const auto& [mode, name] : kModes) {
      const bool isDirect = mode == ConvolutionMode::kDirect;
      const Channels signal{noise(isDirect ? 600 : 24'000, 3)};
      ConvolverOptions options;
      options.mode = mode;
      options.channels = 1;
      options.blockSize = mode == ConvolutionMode::kUniform ? 1024 : 128;
      const auto convolver = make(response, options);
      // Direct: the beginning, where the whole of the signal has come in, is enough.
      Channels out = render(*convolver, signal, isDirect ? 2000 : taps, allOf(2048));
      INFO(name);
      CHECK(errorOf(out, signal, response) < kBound);
    }
  }

  TEST_CASE("mono, stereo and true stereo take each channel where it belongs") {
    const std::size_t taps = 6000;
    for (std::size_t channels : {1u, 2u}) {
      for (std::size_t responses : {1u, 2u, 4u}) {
        for (const auto& [mode, name] : kModes) {
          const Channels response = makeNoise(responses, taps, 20);
          const Channels signal = makeNoise(channels, 9000, 30);
          ConvolverOptions options;
          options.mode = mode;
          options.channels = channels;
          const auto convolver = make(response, options);
          CHECK(convolver->inputs() == channels);
          CHECK(convolver->outputs() == (channels == 1 && responses == 1 ? 1 : 2));
          const Channels out = render(*convolver, signal, taps, randomSizes(6));
          INFO(name, ", ", channels, " channels, ", responses, " responses");
          CHECK(errorOf(out, signal, response) < kBound);
        }
      }
    }
  }

  TEST_CASE("direct and partitioned have no latency, and the others say theirs") {
    for (const auto& [mode, name] : kModes) {
      const std::size_t length = lengthFor(mode, 30'000);
      const Channels response{noise(length, 40)};
      ConvolverOptions options;
      options.mode = mode;
      options.channels = 1;
      options.blockSize = 512;
      const auto convolver = make(response, options);
      const bool isInstant =
          mode == ConvolutionMode::kDirect || mode == ConvolutionMode::kPartitioned;
      CHECK(convolver->latency() == (isInstant                           ? 0u
                                     : mode == ConvolutionMode::kUniform ? 512u
                                                                         : 32'768u));
      CHECK(convolver->tailFrames() == length - 1);
      for (std::size_t size : {1u, 100u, 512u, 8192u}) {
        convolver->reset();
        const std::size_t frames = convolver->latency() + length;
        std::vector<float> samples = impulse(frames);
        for (std::size_t done = 0; done < frames; done += size) {
          float* at = samples.data() + done;
          convolver->process(&at, &at, std::min(size, frames - done));
        }
        INFO(name, " in blocks of ", size);
        for (std::size_t n :
             {std::size_t{0}, std::size_t{1}, std::size_t{511}, std::size_t{512}, length - 1}) {
          CHECK(samples[n + convolver->latency()] == doctest::Approx(response[0][n]).epsilon(1e-4));
        }
      }
    }
  }

  TEST_CASE("processing allocates nothing") {
    const Channels response = makeNoise(2, 50'000, 70);
    for (const auto& [mode, name] : kModes) {
      ConvolverOptions options;
      options.mode = mode;
      const auto convolver = make(response, options);
      std::vector<float> left = noise(8192, 1), right = noise(8192, 2);
      float* channels[] = {left.data(), right.data()};
      const std::size_t before = testing::allocations();
      for (std::size_t size : {1u, 64u, 127u, 8192u, 4000u, 128u, 8192u}) {
        convolver->process(channels, channels, size);
      }
      CHECK(testing::allocations() == before);
    }
  }

  TEST_CASE("warming up and starting anew leave nothing behind") {
    const Channels signal = makeNoise(2, 5000, 81);
    for (const auto& [mode, name] : kModes) {
      const std::size_t length = lengthFor(mode, 40'000);
      const Channels response = makeNoise(2, length, 80);
      ConvolverOptions options;
      options.mode = mode;
      const auto fresh = make(response, options);
      const Channels expected = render(*fresh, signal, length, allOf(128));
      const auto used = make(response, options);
      used->warmUp();
      CHECK(render(*used, signal, length, allOf(128)) == expected);
      used->reset();
      INFO(name);
      CHECK(render(*used, signal, length, allOf(128)) == expected);
    }
  }

  TEST_CASE("silence in gives silence out once the tail has gone") {
    const Channels response{noise(20'000, 82)};
    ConvolverOptions options;
    options.channels = 1;
    const auto convolver = make(response, options);
    std::vector<float> samples = noise(80'000, 83);
    std::fill(samples.begin() + 30'000, samples.end(), 0.0f);
    float* at = samples.data();
    convolver->process(&at, &at, samples.size());
    CHECK(std::all_of(samples.begin() + 50'000 + 2 * 8192, samples.end(),
                      [](float x) { return x == 0.0f; }));
  }

  TEST_CASE("auto goes by the lengths of response and input") {
    using dsp::chooseMode;
    CHECK(chooseMode(15'999, 16'000) == ConvolutionMode::kDirect);
    CHECK(chooseMode(16'000, 32'000) == ConvolutionMode::kFft);
    CHECK(chooseMode(16'000, 32'001) == ConvolutionMode::kDirect);
    CHECK(chooseMode(16'000, 0) == ConvolutionMode::kPartitioned);
    CHECK(chooseMode(500, 1000, {100, 0.1}) == ConvolutionMode::kFft);
    ConvolverOptions options;
    options.mode = ConvolutionMode::kAuto;
    const Channels response{noise(20'000, 84)};
    CHECK(make(response, options)->mode() == ConvolutionMode::kPartitioned);
    options.inputFrames = 30'000;
    CHECK(make(response, options)->mode() == ConvolutionMode::kFft);
  }

  TEST_CASE("partitions cover the response without gap or overlap") {
    for (std::size_t head : {64u, 128u, 1024u, 8192u}) {
      for (std::size_t taps : {1u, 64u, 1000u, 16'384u, 16'385u, 100'000u, 960'000u}) {
        const dsp::PartitionLayout layout = dsp::planPartitions(taps, head);
        std::size_t end = layout.headPartitions * layout.head;
        std::size_t last = layout.head;
        for (const dsp::TailLayout& stage : layout.tail) {
          CHECK(end == 2 * stage.block);
          CHECK(stage.block > last);
          CHECK(stage.partitions > 0);
          end += stage.partitions * stage.block;
          last = stage.block;
        }
        CHECK(end >= taps);
        CHECK(end - taps < last);
        CHECK(last <= std::max(head, dsp::kLargestBlock));
      }
    }
  }

  TEST_CASE("what cannot be convolved is refused") {
    const auto codeOf = [](const Channels& response, const ConvolverOptions& options) {
      const auto made = Convolver::create(views(response), options);
      REQUIRE_FALSE(made.ok());
      return made.error().code;
    };
    const auto invalid = core::ErrorCode::kInvalidArgument;
    ConvolverOptions options;
    CHECK(codeOf({}, options) == invalid);
    CHECK(codeOf({{}}, options) == invalid);
    CHECK(codeOf({{1}, {1}, {1}}, options) == invalid);
    CHECK(codeOf({{1, 2}, {1}}, options) == invalid);
    CHECK(codeOf({{1, std::numeric_limits<float>::quiet_NaN()}}, options) == invalid);
    options.blockSize = 100;
    CHECK(codeOf({{1}}, options) == invalid);
    options.blockSize = 32;
    CHECK(codeOf({{1}}, options) == invalid);
    options.blockSize = 16'384;
    CHECK(codeOf({{1}}, options) == invalid);
    options.blockSize = 64;
    options.channels = 3;
    CHECK(codeOf({{1}}, options) == invalid);
  }
}

}  // namespace stemwright
