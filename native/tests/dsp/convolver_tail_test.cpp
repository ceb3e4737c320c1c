#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <utility>
#include <vector>

#include "tests/dsp/convolver_streams.h"

namespace stemwright {

using dsp::Convolver;
using dsp::ConvolverOptions;
using dsp::TailThread;
using namespace testing;

namespace {

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
}

}  // namespace stemwright
