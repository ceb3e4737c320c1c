#include "dsp/convolution/convolver.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <utility>
#include <vector>

#include "tests/dsp/exact_convolution.h"
#include "tests/dsp/noise.h"
#include "tests/support/allocations.h"

namespace stemwright {

using dsp::ConvolutionMode;
using dsp::Convolver;
using dsp::ConvolverOptions;
using dsp::TailThread;
using testing::noise;

namespace {

constexpr double kBound = -120;

using Channels = std::vector<std::vector<float>>;

std::vector<std::span<const float>> views(const Channels& channels) {
  return {channels.begin(), channels.end()};
}

std::unique_ptr<Convolver> make(const Channels& response, const ConvolverOptions& options,
                                const kernels::Kernels& level = kernels::kernels()) {
  auto made = Convolver::create(views(response), options, level);
  if (!made.ok()) FAIL(made.error().message);
  return std::move(made).value();
}

/// Sizes of the blocks in which a stream comes.
using BlockSizes = std::function<std::size_t()>;

BlockSizes randomSizes(unsigned seed) {
  return [random = std::mt19937(seed)]() mutable {
    // Short blocks as often as long ones.
    const std::size_t most = std::size_t{1} << (random() % 14);
    return 1 + random() % most;
  };
}

BlockSizes allOf(std::size_t size) {
  return [size] { return size; };
}

/// Everything that comes out, latency taken off: as long as the signal and the response together.
Channels render(Convolver& convolver, const Channels& signal, std::size_t taps,
                const BlockSizes& nextSize, bool settles = false) {
  const std::size_t frames = signal[0].size() + taps - 1;
  const std::size_t latency = convolver.latency();
  Channels in(convolver.inputs()), out(convolver.outputs());
  for (std::size_t c = 0; c < in.size(); ++c) {
    in[c] = signal[c];
    in[c].resize(frames + latency);
  }
  for (auto& channel : out) channel.resize(frames + latency);
  for (std::size_t done = 0; done < frames + latency;) {
    const std::size_t count = std::min(nextSize(), frames + latency - done);
    std::array<const float*, 2> from{};
    std::array<float*, 2> to{};
    for (std::size_t c = 0; c < in.size(); ++c) from[c] = in[c].data() + done;
    for (std::size_t c = 0; c < out.size(); ++c) to[c] = out[c].data() + done;
    convolver.process(from.data(), to.data(), count);
    if (settles) convolver.settle();
    done += count;
  }
  for (auto& channel : out) {
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(latency));
  }
  return out;
}

double errorOf(const Channels& out, const Channels& signal, const Channels& response) {
  const auto isTrue = response.size() == 4;
  testing::ErrorLevel level;
  for (std::size_t o = 0; o < out.size(); ++o) {
    for (std::size_t n : testing::somePositions(out[o].size(), 600, 5)) {
      double expected = 0;
      if (isTrue) {
        expected = testing::convolvedAt(signal[0], response[o], n) +
                   testing::convolvedAt(signal[signal.size() - 1], response[2 + o], n);
      } else {
        expected = testing::convolvedAt(signal[std::min(o, signal.size() - 1)],
                                        response[std::min(o, response.size() - 1)], n);
      }
      level.add(out[o][n], expected);
    }
  }
  return level.db();
}

const std::pair<ConvolutionMode, const char*> kModes[] = {
    {ConvolutionMode::kDirect, "direct"},
    {ConvolutionMode::kFft, "fft"},
    {ConvolutionMode::kUniform, "uniform"},
    {ConvolutionMode::kPartitioned, "partitioned"}};

/// The direct form takes its length for every sample, and under a sanitizer fifty times as long.
std::size_t lengthFor(ConvolutionMode mode, std::size_t length) {
  return mode == ConvolutionMode::kDirect ? length / 10 : length;
}

Channels makeNoise(std::size_t channels, std::size_t count, unsigned seed) {
  Channels result;
  for (unsigned c = 0; c < channels; ++c) result.push_back(noise(count, seed + c));
  return result;
}

std::vector<float> impulse(std::size_t count, std::size_t at = 0) {
  std::vector<float> samples(count);
  samples[at] = 1;
  return samples;
}

/// Stands for a GPU: convolves directly, when it is told to.
class Device final : public dsp::TailDevice {
 public:
  struct Behaviour {
    bool isHeld = false;      ///< answers when release() is called
    std::size_t places = 99;  ///< in flight at once
    std::size_t lostAfter = 99;
    std::size_t started = 0;
  };

  Device(std::size_t block, dsp::Responses taps, Behaviour& behaviour)
      : block_(block), behaviour_(behaviour) {
    for (const auto channel : taps) taps_.emplace_back(channel.begin(), channel.end());
  }
  ~Device() override { release(); }

  bool tryStart(std::span<const float> window, std::span<float> out, Done done) override {
    if (held_.size() >= behaviour_.places) return false;
    const bool isGood = behaviour_.started++ < behaviour_.lostAfter;
    if (!isGood || behaviour_.isHeld) std::ranges::fill(out, NAN);
    if (behaviour_.isHeld) {
      held_.push_back(std::move(done));
      return true;
    }
    if (isGood) convolve(window, out);
    done(isGood);
    return true;
  }

  void release() {
    for (const Done& done : std::exchange(held_, {})) done(true);
  }

 private:
  void convolve(std::span<const float> window, std::span<float> out) const {
    const std::size_t length = window.size() / taps_.size();
    for (std::size_t c = 0; c < taps_.size(); ++c) {
      const float* const latest = window.data() + (c + 1) * length - block_;
      for (std::size_t n = 0; n < block_; ++n) {
        double sum = 0;
        for (std::size_t k = 0; k < taps_[c].size(); ++k) {
          sum += static_cast<double>(
                     latest[static_cast<std::ptrdiff_t>(n) - static_cast<std::ptrdiff_t>(k)]) *
                 static_cast<double>(taps_[c][k]);
        }
        out[c * block_ + n] = static_cast<float>(sum);
      }
    }
  }

  const std::size_t block_;
  Channels taps_;
  Behaviour& behaviour_;
  std::vector<Done> held_;
};

/// A tail of one stage on a device, fed in blocks at whose end all is done that is due by then.
struct DeviceRun {
  static constexpr std::size_t kTaps = 3000;
  static constexpr std::size_t kHead = 64;
  static constexpr std::size_t kFrames = 20'480 - kHead;  ///< no block has just been posted

  explicit DeviceRun(Device::Behaviour start) : behaviour(start) {
    const auto layout = dsp::planPartitions(kTaps, kHead);
    REQUIRE(layout.tail.size() == 1);
    stageBlock = layout.tail[0].block;
    ConvolverOptions options;
    options.blockSize = kHead;
    options.tailThread = TailThread::kWorker;
    options.tailDevices = [&](const dsp::TailLayout& stage, dsp::Responses taps,
                              const dsp::ConvolutionRouting&) {
      auto made = std::make_unique<Device>(stage.block, taps, behaviour);
      device = made.get();
      return made;
    };
    convolver = make(response, options);
  }

  /// Frames [from, to) of the signal. A worker that waits for a held device has its turn when half
  /// of a block's time is up.
  void run(std::size_t from, std::size_t to) {
    for (std::size_t at = from; at < to; at += kHead) {
      const float* in[] = {signal[0].data() + at, signal[1].data() + at};
      float* into[] = {out[0].data() + at, out[1].data() + at};
      convolver->process(in, into, kHead);
      if (!behaviour.isHeld || (at + kHead) % stageBlock >= stageBlock / 2) convolver->settle();
    }
  }

  Device::Behaviour behaviour;
  const Channels response = makeNoise(2, kTaps, 300);
  const Channels signal = makeNoise(2, kFrames, 310);
  Channels out = Channels(2, std::vector<float>(kFrames));
  std::size_t stageBlock = 0;
  Device* device = nullptr;
  std::unique_ptr<Convolver> convolver;
};

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("every mode convolves exactly, whatever the response's length and the blocks' sizes") {
    const Channels signals[] = {{noise(20'000, 1)}, {testing::sweep(20'000)}, {impulse(20'000, 7)}};
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

  TEST_CASE("a worker's tail equals the inline one, and is left out when it comes too late") {
    const std::size_t taps = 100'000;
    const Channels response = makeNoise(4, taps, 50);
    const Channels signal = makeNoise(2, 60'000, 60);
    ConvolverOptions options;
    options.tailThread = TailThread::kWorker;
    std::atomic<bool> hasStarted{false};
    options.onWorkerStart = [&] { hasStarted = true; };
    const auto convolver = make(response, options);
    const Channels out = render(*convolver, signal, taps, randomSizes(7), true);
    CHECK(hasStarted);
    CHECK(errorOf(out, signal, response) < kBound);
    CHECK(convolver->missedBlocks() == 0);

    // Far faster than real time nobody waits for the worker: sound is left out then, and counted.
    convolver->reset();
    render(*convolver, signal, taps, allOf(128));
    CHECK(convolver->missedBlocks() > 0);
    convolver->reset();
    const std::uint64_t missed = convolver->missedBlocks();
    const Channels again = render(*convolver, signal, taps, randomSizes(8), true);
    CHECK(errorOf(again, signal, response) < kBound);
    CHECK(convolver->missedBlocks() == missed);
  }

  TEST_CASE(
      "a tail on a device equals the worker's, and the worker's takes over where it is late") {
    constexpr std::size_t kHalf = DeviceRun::kFrames / 2 / 1024 * 1024 - DeviceRun::kHead;
    constexpr std::size_t kEnd = DeviceRun::kFrames;
    SUBCASE("in time") {
      DeviceRun run({});
      run.run(0, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
      const dsp::TailDeviceCounts counts = run.convolver->deviceCounts();
      CHECK(counts.computed == kEnd / run.stageBlock);
      CHECK(counts.late + counts.refused == 0);
      CHECK_FALSE(counts.isLost);
    }
    SUBCASE("never in time: three are in flight, the others are refused") {
      DeviceRun run({.isHeld = true});
      run.run(0, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
      const dsp::TailDeviceCounts counts = run.convolver->deviceCounts();
      CHECK(counts.computed == 0);
      CHECK(counts.late == 3);
      CHECK(counts.refused == kEnd / run.stageBlock - 3);
    }
    SUBCASE("late at first: what comes in late is not heard, and the device goes on") {
      DeviceRun run({.isHeld = true});
      run.run(0, kHalf);
      run.device->release();
      run.behaviour.isHeld = false;
      run.run(kHalf, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
      CHECK(run.convolver->deviceCounts().late == 3);
      CHECK(run.convolver->deviceCounts().computed ==
            kEnd / run.stageBlock - kHalf / run.stageBlock);
    }
    SUBCASE("it takes no more than one") {
      DeviceRun run({.isHeld = true, .places = 1});
      run.run(0, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
      CHECK(run.convolver->deviceCounts().late == 1);
    }
    SUBCASE("it is lost half-way") {
      DeviceRun run({.lostAfter = 5});
      run.run(0, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
      const dsp::TailDeviceCounts counts = run.convolver->deviceCounts();
      CHECK(counts.computed == 5);
      CHECK(counts.isLost);
      CHECK(run.behaviour.started == 6);
    }
    SUBCASE("blocks that come too large for the worker are the audio thread's own") {
      DeviceRun run({});
      const Channels out = render(*run.convolver, run.signal, DeviceRun::kTaps, allOf(8192), true);
      CHECK(errorOf(out, run.signal, run.response) < kBound);
      run.convolver->reset();
      run.run(0, kEnd);
      CHECK(errorOf(run.out, run.signal, run.response) < kBound);
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
