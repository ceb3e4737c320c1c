#include "addon/gpu_functions.h"

#include "addon/abort_signal.h"
#include "addon/arguments.h"
#include "addon/machine.h"
#include "addon/one_shot.h"
#include "session/gpu.h"
#include "session/gpu_calibration.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

const char* kindName(session::GpuKind kind) {
  switch (kind) {
    case session::GpuKind::kDiscrete:
      return "discrete";
    case session::GpuKind::kIntegrated:
      return "integrated";
    case session::GpuKind::kSoftware:
      return "software";
    case session::GpuKind::kOther:
      break;
  }
  return "other";
}

}  // namespace

Napi::Value gpuDevices(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const session::GpuInventory inventory = session::gpuInventory();
  const session::GpuInfo* preferred = session::preferredGpu(inventory);
  Napi::Array devices = Napi::Array::New(env, inventory.devices.size());
  for (std::uint32_t index = 0; index < inventory.devices.size(); ++index) {
    const session::GpuInfo& device = inventory.devices[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("id", device.id);
    object.Set("name", device.name);
    object.Set("api", device.api);
    object.Set("driver", device.driver);
    object.Set("kind", kindName(device.kind));
    object.Set("memoryBytes", static_cast<double>(device.memoryBytes));
    object.Set("isUnified", device.isUnified);
    object.Set("isPreferred", &device == preferred);
    devices.Set(index, object);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("devices", devices);
  object.Set("reason", inventory.reason);
  object.Set("shaders", std::string(session::gpu::shadersDigest()));
  return object;
}

Napi::Value gpuUsage(const Napi::CallbackInfo& info) {
  const session::GpuUsage usage = session::gpuUsage();
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("executions", static_cast<double>(usage.executions));
  object.Set("seconds", usage.seconds);
  object.Set("lastSeconds", usage.lastSeconds);
  return object;
}

Napi::Value calibrateGpu(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::CalibrationRequest request;
  request.device = spec["device"].text();
  request.cacheFolder = spec["cacheFolder"].path();
  request.threads = static_cast<unsigned>(spec["threads"].whole(kMostThreads));
  const auto cancel = flagOf(spec["signal"]);
  return OneShot<session::Calibration>::start(
      info.Env(), [request, cancel] { return session::calibrateGpu(request, *cancel); },
      calibrationToJs);
}

}  // namespace stemwright::addon
