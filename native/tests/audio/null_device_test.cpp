#include "audio/null_device.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

using stemwright::audio::Device;
using stemwright::audio::DeviceRequest;
using stemwright::audio::NullDevice;
using stemwright::audio::Renderer;
using stemwright::audio::Sink;
using stemwright::core::ErrorCode;

namespace {

/// Renders a count of frames, and keeps what came out.
class Counter final : public Renderer, public Sink {
 public:
  void render(const float* const* input, std::size_t inputs, float* const* output,
              std::size_t outputs, std::size_t frames) noexcept override {
    isRight = isRight && input == nullptr && inputs == 0 && outputs == 2;
    for (std::size_t i = 0; i < frames; ++i) {
      output[0][i] = static_cast<float>(rendered + i);
      output[1][i] = -output[0][i];
    }
    rendered += frames;
  }
  void take(const float* const* output, std::size_t frames) noexcept override {
    isRight = isRight && output[1][0] == -static_cast<float>(taken);
    taken += frames;
  }

  std::atomic<std::uint64_t> rendered{0};
  std::atomic<std::uint64_t> taken{0};
  std::atomic<bool> isRight{true};
};

}  // namespace

TEST_SUITE("audio") {
  TEST_CASE("a device without a card keeps time") {
    Counter counter;
    auto device = NullDevice::open({.rate = 48000, .frames = 480}, counter, &counter);
    REQUIRE(device.ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    CHECK(counter.rendered == 0);
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(device.value()->start().ok());
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const auto due = [&] {
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      return 48000 * passed.count();
    };
    const auto rendered = [&] { return static_cast<double>(counter.rendered.load()); };
    CHECK(rendered() <= due() + 2 * 480);
    // What a held-up thread drops, it counts once it runs again.
    bool isInTime = false;
    for (int i = 0; i < 1000 && !isInTime; ++i) {
      isInTime = rendered() >= due() - 3 * 480 || device.value()->state().xruns > 0;
      if (!isInTime) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(isInTime);
    device.value().reset();
    const std::uint64_t last = counter.rendered;
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    CHECK(counter.rendered == last);
    CHECK(counter.taken == last);
    CHECK(counter.isRight);
  }

  TEST_CASE("the pace is followed, and time that was lost counts") {
    Counter counter;
    auto opened = NullDevice::open({.rate = 48000, .frames = 480}, counter, nullptr);
    REQUIRE(opened.ok());
    auto* const device = static_cast<NullDevice*>(opened.value().get());
    device->setPace(2);
    const auto start = std::chrono::steady_clock::now();
    REQUIRE(device->start().ok());
    // Twice as much as at its own pace, but for what a held-up thread dropped, or is yet to drop.
    bool isFast = false;
    for (int i = 0; i < 1000 && !isFast; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(i == 0 ? 300 : 5));
      const auto rendered = static_cast<double>(counter.rendered.load());
      const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - start;
      REQUIRE(rendered <= 2 * 48000 * passed.count() + 2 * 480);
      isFast = rendered > 1.5 * 48000 * passed.count() || device->state().xruns > 0;
    }
    CHECK(isFast);
  }

  TEST_CASE("rates and blocks that no device has are refused") {
    Counter counter;
    for (const DeviceRequest& request :
         {DeviceRequest{.rate = -1}, DeviceRequest{.rate = 1e9}, DeviceRequest{.frames = 8193}}) {
      const auto device = NullDevice::open(request, counter, nullptr);
      REQUIRE_FALSE(device.ok());
      CHECK(device.error().code == ErrorCode::kInvalidArgument);
    }
  }
}
