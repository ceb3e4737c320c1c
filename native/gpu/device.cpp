#include "gpu/device.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "core/audio_thread.h"
#include "core/trace.h"
#include "gpu/executions.h"
#include "gpu/product_check.h"

#if defined(__APPLE__)
#include "gpu/metal/metal_device.h"
#else
#include "gpu/vulkan/vulkan_device.h"
#endif

namespace stemwright::gpu {

#if defined(__APPLE__)
namespace api = metal;
#else
namespace api = vulkan;
#endif

namespace {

struct Counted {
  std::mutex mutex;
  Usage usage;
};

Counted& counted() {
  static Counted known;
  return known;
}

std::int64_t nanoseconds(double seconds) {
  return static_cast<std::int64_t>(seconds * 1e9);
}

}  // namespace

Usage usage() {
  const std::lock_guard lock(counted().mutex);
  return counted().usage;
}

void noteExecution(double seconds) {
  const std::lock_guard lock(counted().mutex);
  Usage& usage = counted().usage;
  ++usage.executions;
  usage.seconds += seconds;
  usage.lastSeconds = seconds;
}

void traceExecution(double seconds, std::span<const OpTime> times) {
  if (!core::isTracing()) return;
  const std::int64_t end = core::traceClock();
  if (times.empty()) return core::traceOnDevice("execution", end - nanoseconds(seconds), end);
  double left = 0;
  for (const OpTime& time : times) left += time.seconds;
  for (const OpTime& time : times) {
    const std::int64_t start = end - nanoseconds(left);
    left -= time.seconds;
    core::traceOnDevice(time.label, start, end - nanoseconds(left));
  }
}

Inventory findDevices() {
  return api::findDevices();
}

core::Result<std::shared_ptr<Device>> openDevice(const std::string& id,
                                                 const DeviceOptions& options) {
  DeviceOptions lasting = options;
  lasting.loseAfter.reset();  // the checks' executions are not those of its user
  auto device = api::openDevice(id, lasting);
  if (!device.ok()) return device;
  const auto keeps = [&](const char* name, bool (*test)(Device&, const Shader&)) {
    const Shader& shader = *findShader(name);
    return !device.value()->supports(shader) || test(*device.value(), shader);
  };
  if (!keeps("gemm_matrix_64x64_f32", keepsFloat) ||
      !keeps("attention_matrix_f32", attentionKeepsFloat)) {
    lasting.lacks |= kMatrix;
    device = api::openDevice(id, lasting);
  }
  if (!options.loseAfter) return device;
  lasting.loseAfter = options.loseAfter;
  return api::openDevice(id, lasting);
}

const DeviceInfo* preferredDevice(const Inventory& inventory) {
  const auto rank = [](const DeviceInfo& device) {
    switch (device.kind) {
      case DeviceKind::kDiscrete:
        return 3;
      case DeviceKind::kIntegrated:
        return 2;
      case DeviceKind::kOther:
        return 1;
      case DeviceKind::kSoftware:
        break;
    }
    return 0;
  };
  const DeviceInfo* best = nullptr;
  for (const DeviceInfo& device : inventory.devices) {
    if (rank(device) == 0) continue;
    const bool isBetter = best == nullptr || rank(device) > rank(*best) ||
                          (rank(device) == rank(*best) && device.memoryBytes > best->memoryBytes);
    if (isBetter) best = &device;
  }
  return best;
}

bool Program::tryExecuteAsync(std::span<const float> input, std::span<float> output, Done done) {
  return !core::isAudioThread() && fits(input, output) && tryBegin(input, output, std::move(done));
}

core::Status Program::waitAndExecute(std::span<const float> input, std::span<float> output,
                                     Done done) {
  if (!fits(input, output)) {
    return core::Error{core::ErrorCode::kInvalidArgument, "input or output of another size"};
  }
  begin(input, output, std::move(done));
  return {};
}

core::Status Program::execute(std::span<const float> input, std::span<float> output) {
  std::mutex mutex;
  std::condition_variable ended;
  std::optional<core::Status> result;
  STEMWRIGHT_TRY(executeAsync(input, output, [&](core::Status status) {
    const std::lock_guard lock(mutex);
    result = std::move(status);
    ended.notify_one();
  }));
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return result.has_value(); });
  return *result;
}

}  // namespace stemwright::gpu
