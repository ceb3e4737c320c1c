#include "gpu/device.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>

#include "core/audio_thread.h"
#include "core/trace.h"
#include "gpu/arena.h"
#include "tests/gpu/test_device.h"

namespace stemwright {
namespace {

using gpu::Binding;
using testing::noiseOf;
using testing::openTestDevice;
using testing::require;
using testing::testDevice;
using testing::valueOf;

constexpr std::size_t kCount = 1000;

/// output = input + input.
std::unique_ptr<gpu::Program> doubling(gpu::Device& device, bool isTimed = false) {
  const gpu::Ops ops(device, gpu::Storage::kFloat);
  const std::size_t bytes = kCount * sizeof(float);
  gpu::Recording recording;
  recording.add(ops.add("twice", Binding::input(bytes), Binding::input(bytes),
                        Binding::output(bytes), kCount));
  return valueOf(
      device.compile(recording, {.inputBytes = bytes, .outputBytes = bytes, .isTimed = isTimed}));
}

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("a program is replayed on new inputs") {
    const auto device = openTestDevice();
    const auto program = doubling(*device);
    for (std::uint32_t seed = 1; seed < 6; ++seed) {
      const std::vector<float> in = noiseOf(kCount, seed);
      std::vector<float> out(kCount, NAN);
      require(program->execute(in, out));
      for (std::size_t i = 0; i < kCount; ++i) REQUIRE(out[i] == in[i] + in[i]);
    }
    CHECK(program->seconds() > 0);
  }

  TEST_CASE("tryExecuteAsync takes three and then says no; they end in order") {
    const auto device = openTestDevice();
    const auto program = doubling(*device);
    std::mutex mutex;
    std::condition_variable changed;
    bool isOpen = false;
    std::vector<std::size_t> order;
    std::vector<std::vector<float>> inputs;
    std::vector<std::vector<float>> outputs(4, std::vector<float>(kCount, NAN));
    for (std::uint32_t i = 0; i < 4; ++i) inputs.push_back(noiseOf(kCount, i + 1));
    // The first one's callback holds the others up, so that all slots stay taken.
    const auto done = [&](std::size_t index) {
      return [&, index](core::Status status) {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return isOpen; });
        CHECK(status.ok());
        order.push_back(index);
        changed.notify_all();
      };
    };
    std::size_t taken = 0;
    while (taken < 4 && program->tryExecuteAsync(inputs[taken], outputs[taken], done(taken))) {
      ++taken;
    }
    // The slot of the one whose callback runs is free again: three or four are taken, no more.
    CHECK(taken >= gpu::Program::kSlots);
    std::unique_lock lock(mutex);
    isOpen = true;
    changed.notify_all();
    changed.wait(lock, [&] { return order.size() == taken; });
    CHECK(std::is_sorted(order.begin(), order.end()));
    for (std::size_t i = 0; i < taken; ++i) CHECK(outputs[i][7] == 2 * inputs[i][7]);
  }

  TEST_CASE("as any executor, a program refuses wrong sizes and the audio thread") {
    const auto device = openTestDevice();
    const std::vector<float> in(kCount, 1.0f);
    std::vector<float> out(kCount, NAN);
    const std::unique_ptr<core::AsyncExecutor> program = doubling(*device);
    CHECK_FALSE(program->tryExecuteAsync({in.data(), 3}, out, nullptr));
    CHECK(program->executeAsync(in, {out.data(), 3}, nullptr).error().code ==
          core::ErrorCode::kInvalidArgument);
    {
      const core::AudioThreadScope scope;
      CHECK_FALSE(program->tryExecuteAsync(in, out, nullptr));
      CHECK_FALSE(program->executeAsync(in, out, nullptr).ok());
    }
    CHECK(std::isnan(out[0]));
    // Nobody has to be told.
    CHECK(program->executeAsync(in, out, nullptr).ok());
  }

  TEST_CASE("a lost device is an error of what runs and of what comes after") {
    const auto device = openTestDevice({.loseAfter = 2});
    const auto program = doubling(*device);
    const std::vector<float> in = noiseOf(kCount, 1);
    std::vector<float> out(kCount);
    require(program->execute(in, out));
    require(program->execute(in, out));
    for (int i = 0; i < 2; ++i) {
      const core::Status status = program->execute(in, out);
      REQUIRE_FALSE(status.ok());
      CHECK(status.error().code == core::ErrorCode::kDeviceLost);
    }
    CHECK(device->isLost());
    CHECK_FALSE(device->compile(gpu::Recording(), {}).ok());
  }

  TEST_CASE("memory stays within its budget, and what is given back is used again") {
    const auto device = openTestDevice({.budgetBytes = 8 << 20});
    auto first = device->allocate(5 << 20);
    REQUIRE(first.ok());
    const auto second = device->allocate(5 << 20);
    REQUIRE_FALSE(second.ok());
    CHECK(second.error().code == core::ErrorCode::kNoRoom);
    CHECK(device->usedBytes() <= device->budgetBytes());
    first = device->allocate(1);  // lets the first one go
    CHECK(device->allocate(5 << 20).ok());
  }

  TEST_CASE("small buffers share a block without touching each other") {
    const auto device = openTestDevice();
    std::vector<std::shared_ptr<gpu::Buffer>> buffers;
    for (std::size_t i = 0; i < 40; ++i) {
      buffers.push_back(valueOf(device->allocate(4 * (i + 1))));
      const std::vector<float> values(i + 1, static_cast<float>(i));
      require(device->upload(*buffers.back(), 0, std::as_bytes(std::span(values))));
      if (i % 3 == 2) buffers.erase(buffers.end() - 2);
    }
    for (const auto& buffer : buffers) {
      std::vector<float> values(buffer->bytes() / 4);
      require(device->download(*buffer, 0, std::as_writable_bytes(std::span(values))));
      CHECK(values.front() == static_cast<float>(values.size() - 1));
      CHECK(values.back() == values.front());
    }
  }

  TEST_CASE("times name each dispatch") {
    const auto device = openTestDevice();
    const auto program = doubling(*device, true);
    const std::vector<float> in = noiseOf(kCount, 1);
    std::vector<float> out(kCount);
    require(program->execute(in, out));
    REQUIRE(program->times().size() == 1);
    CHECK(program->times()[0].label == "twice");
    CHECK(program->times()[0].bytes == 3 * 4 * kCount);
  }

  TEST_CASE(
      "executions are counted, and a trace tells their dispatches and how data came and went") {
    const auto device = openTestDevice();
    const std::vector<float> in = noiseOf(kCount, 1);
    std::vector<float> out(kCount);
    const double before = gpu::usage().seconds;
    core::startTrace(100);
    for (const bool isTimed : {false, true}) {
      require(doubling(*device, isTimed)->execute(in, out));
    }
    const core::Trace trace = core::takeTrace();
    CHECK(gpu::usage().seconds > before);
    std::vector<std::string> onDevice;
    std::vector<std::string> onHost;
    for (const core::TraceEvent& event : trace.events) {
      (event.thread == 0 ? onDevice : onHost).push_back(event.name);
      CHECK(event.start <= event.end);
    }
    CHECK(onDevice == std::vector<std::string>{"execution", "twice"});
    const std::string kind = device->info().isUnified ? "unified memory" : "staged";
    CHECK(std::count(onHost.begin(), onHost.end(), "GPU input, " + kind) == 2);
    CHECK(std::count(onHost.begin(), onHost.end(), "GPU output, " + kind) == 2);
  }

  TEST_CASE("compiled pipelines are kept in a folder") {
    namespace fs = std::filesystem;
    const fs::path folder = fs::temp_directory_path() / "stemwright-pipelines";
    fs::remove_all(folder);
    doubling(*openTestDevice({.cacheFolder = folder.string()}));
    REQUIRE(fs::exists(folder));
    std::size_t files = 0;
    for (const auto& entry : fs::directory_iterator(folder)) {
      ++files;
      CHECK(entry.path().extension() == ".pipelines");
      CHECK(entry.file_size() > 0);
    }
    CHECK(files == 1);
    doubling(*openTestDevice({.cacheFolder = folder.string()}));  // reads it
    fs::remove_all(folder);
  }

  TEST_CASE("a software device is never chosen by itself") {
    gpu::Inventory inventory;
    inventory.devices = {{.id = "a", .kind = gpu::DeviceKind::kSoftware, .memoryBytes = 100}};
    CHECK(gpu::preferredDevice(inventory) == nullptr);
    inventory.devices.push_back(
        {.id = "b", .kind = gpu::DeviceKind::kIntegrated, .memoryBytes = 50});
    CHECK(gpu::preferredDevice(inventory)->id == "b");
    inventory.devices.push_back({.id = "c", .kind = gpu::DeviceKind::kDiscrete, .memoryBytes = 2});
    inventory.devices.push_back({.id = "d", .kind = gpu::DeviceKind::kDiscrete, .memoryBytes = 4});
    CHECK(gpu::preferredDevice(inventory)->id == "d");
  }

  TEST_CASE("a device that is not there is refused by name") {
    const auto device = gpu::openDevice("vulkan:none");
    REQUIRE_FALSE(device.ok());
    CHECK(device.error().message.find("vulkan:none") != std::string::npos);
  }

  TEST_CASE("buffers that are used at different times share their place, others do not") {
    gpu::Arena arena;
    gpu::Binding a, b, c, d;
    arena.add(a, 1000, 1);
    arena.add(b, 3000, 2);
    arena.add(c, 500, 1 | 2);
    arena.add(d, 1, 4);
    require(arena.allocate(*testDevice()));
    const auto overlap = [](const gpu::Binding& x, const gpu::Binding& y) {
      return x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
    };
    CHECK_FALSE(overlap(a, c));
    CHECK_FALSE(overlap(b, c));
    CHECK(overlap(a, b));
    CHECK(arena.bytes() == 3072 + 512);
    for (const gpu::Binding* one : {&a, &b, &c, &d}) {
      CHECK(one->offset % gpu::kOffsetAlignment == 0);
      CHECK(one->buffer == a.buffer);
    }
  }
}

}  // namespace stemwright
