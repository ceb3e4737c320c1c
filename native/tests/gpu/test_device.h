#pragma once

#include <doctest/doctest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/half.h"
#include "core/noise.h"
#include "gpu/device.h"
#include "gpu/ops.h"

namespace stemwright::testing {

/// The device that tests run on: STEMWRIGHT_TEST_GPU names it by a part of its name, else the
/// software one, so that results do not depend on the machine; Metal has none of that kind.
inline std::string testDeviceId() {
  const gpu::Inventory inventory = gpu::findDevices();
  const char* wanted = std::getenv("STEMWRIGHT_TEST_GPU");
  for (const gpu::DeviceInfo& device : inventory.devices) {
    const bool isDefault = device.kind == gpu::DeviceKind::kSoftware || device.api == "metal";
    const bool isIt = wanted == nullptr ? isDefault : device.name.find(wanted) != std::string::npos;
    if (isIt) return device.id;
  }
  FAIL("no device to test on (apt-get install libvulkan1 mesa-vulkan-drivers): "
       << inventory.reason);
  return {};
}

inline std::shared_ptr<gpu::Device> openTestDevice(const gpu::DeviceOptions& options = {}) {
  auto device = gpu::openDevice(testDeviceId(), options);
  if (!device.ok()) FAIL(device.error().message);
  return std::move(device).value();
}

/// One for all tests of a run: opening takes longer than most of them.
inline const std::shared_ptr<gpu::Device>& testDevice() {
  static const std::shared_ptr<gpu::Device> device = openTestDevice();
  return device;
}

/// Deterministic values in [-1, 1).
inline std::vector<float> noiseOf(std::size_t count, std::uint32_t seed) {
  return core::whiteNoise(count, seed);
}

/// As the storage keeps them, so that a reference sees what the device sees.
inline std::vector<float> storedAs(gpu::Storage storage, std::vector<float> values) {
  if (storage == gpu::Storage::kHalf) {
    for (float& value : values) value = core::halfToFloat(core::floatToHalf(value));
  }
  return values;
}

template <typename T>
T valueOf(core::Result<T> result) {
  if (!result.ok()) FAIL(result.error().message);
  return std::move(result).value();
}

inline void require(const core::Status& status) {
  if (!status.ok()) FAIL(status.error().message);
}

inline gpu::Binding put(std::span<const float> values,
                        gpu::Storage storage = gpu::Storage::kFloat) {
  return valueOf(gpu::uploadValues(*testDevice(), values, storage));
}

/// Room for values, poisoned: what a shader does not write shows as NaN.
inline gpu::Binding room(std::size_t count, gpu::Storage storage = gpu::Storage::kFloat) {
  return put(std::vector<float>(count, std::nanf("")), storage);
}

inline std::vector<float> get(const gpu::Binding& binding,
                              gpu::Storage storage = gpu::Storage::kFloat) {
  std::vector<float> values(binding.bytes / gpu::bytesOf(storage));
  if (storage == gpu::Storage::kFloat) {
    require(testDevice()->download(*binding.buffer, binding.offset,
                                   std::as_writable_bytes(std::span(values))));
    return values;
  }
  std::vector<std::uint16_t> halves(values.size());
  require(testDevice()->download(*binding.buffer, binding.offset,
                                 std::as_writable_bytes(std::span(halves))));
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = core::halfToFloat(halves[i]);
  return values;
}

inline void runOnDevice(const gpu::Recording& recording) {
  const auto program = valueOf(testDevice()->compile(recording, {}));
  require(program->execute({}, {}));
}

inline void runOnDevice(gpu::Dispatch dispatch) {
  gpu::Recording recording;
  recording.add(std::move(dispatch));
  runOnDevice(recording);
}

/// Largest deviation over the largest expected magnitude; infinite for anything not finite.
inline double worstError(const std::vector<float>& actual, const std::vector<float>& expected) {
  REQUIRE(actual.size() == expected.size());
  double largest = 1e-30;
  for (const float value : expected)
    largest = std::max(largest, std::fabs(static_cast<double>(value)));
  double worst = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double error =
        std::fabs(static_cast<double>(actual[i]) - static_cast<double>(expected[i]));
    if (!std::isfinite(error)) return HUGE_VAL;
    worst = std::max(worst, error);
  }
  return worst / largest;
}

}  // namespace stemwright::testing
