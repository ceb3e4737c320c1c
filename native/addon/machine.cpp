#include "addon/machine.h"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/handle.h"
#include "core/memory_usage.h"
#include "session/guard.h"
#include "session/machine.h"

namespace stemwright::addon {
namespace {

Napi::String textOf(Napi::Env env, std::string_view text) {
  return Napi::String::New(env, text.data(), text.size());
}

Napi::Object reportOf(Napi::Env env, const session::MachineReport& report) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("thermal", textOf(env, session::thermalName(report.state.thermal)));
  object.Set("pressure", textOf(env, session::pressureName(report.state.pressure)));
  object.Set("isOnBattery", report.state.onBattery);
  object.Set("isLowPower", report.state.lowPower);
  object.Set("availableBytes", static_cast<double>(report.state.availableBytes));
  object.Set("backend", report.mayUseGpu ? "gpu" : "cpu");
  object.Set("reason", report.reason);
  return object;
}

Napi::Object figuresOf(Napi::Env env, const core::MemoryFigures& figures) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("bytes", static_cast<double>(figures.current));
  object.Set("peakBytes", static_cast<double>(figures.peak));
  return object;
}

/// A watch, and the way to its listener in JS. It ends with its handle or with the environment,
/// whichever comes first.
class Watching {
 public:
  static std::shared_ptr<Watching> start(Napi::Env env, const Napi::Function& onChange,
                                         const session::WatchOptions& options) {
    auto watching = std::make_shared<Watching>();
    watching->bell_ =
        Bell::New(env, onChange, "stemwright machine", 0, 1, watching.get(),
                  [watching](Napi::Env, void*, Watching*) { watching->watch_.reset(); });
    // Watching alone is no reason for the program to go on.
    watching->bell_.Unref(env);
    watching->watch_ = std::make_unique<session::MachineWatch>(
        options, [raw = watching.get()](const session::MachineReport& report) {
          {
            const std::lock_guard lock(raw->mutex_);
            raw->news_ = report;
          }
          raw->bell_.NonBlockingCall();
        });
    return watching;
  }

  session::MachineWatch& watch(Napi::Env env) const {
    if (watch_) return *watch_;
    throw addon::toJs(env, {core::ErrorCode::kInvalidArgument, "the watch has ended"});
  }
  void close() {
    if (!watch_) return;
    watch_.reset();
    bell_.Release();
  }

 private:
  static void deliver(Napi::Env env, Napi::Function callback, Watching* watching, void*) {
    if (env == nullptr || callback == nullptr) return;
    std::optional<session::MachineReport> news;
    {
      const std::lock_guard lock(watching->mutex_);
      news = std::exchange(watching->news_, std::nullopt);
    }
    try {
      if (news && watching->watch_) callback.Call({reportOf(env, *news)});
    } catch (const Napi::Error& error) {
      napi_fatal_exception(env, error.Value());
    }
  }
  using Bell = Napi::TypedThreadSafeFunction<Watching, void, deliver>;

  std::mutex mutex_;
  std::optional<session::MachineReport> news_;
  Bell bell_;
  std::unique_ptr<session::MachineWatch> watch_;
};

session::Workload readWorkload(const Argument& work) {
  const std::string name = work["operation"].text();
  const auto operation = session::operationNamed(name);
  if (!operation) work["operation"].refuse("an operation's name");
  return {*operation, work["size"].size(), work["batch"].size()};
}

std::size_t readCrossover(const Argument& value) {
  return value.isAbsent() ? session::kNever : value.size();
}

session::WatchOptions readOptions(const Argument& spec) {
  session::WatchOptions options;
  options.backend.hasGpu = spec["hasGpu"].flag();
  options.backend.useGpuOnBattery = spec["useGpuOnBattery"].flag();
  options.budgetBytes = spec["budgetBytes"].whole();
  const Argument calibration = spec["calibration"];
  for (std::size_t i = 0; i < session::kOperations && !calibration.isAbsent(); ++i) {
    const std::string name(session::operationName(static_cast<session::Operation>(i)));
    const Argument from = calibration[name.c_str()];
    options.backend.calibration[i] = {readCrossover(from["size"]), readCrossover(from["batch"])};
  }
  return options;
}

Napi::Value crossoverToJs(Napi::Env env, std::size_t value) {
  return value == session::kNever ? env.Null() : Napi::Number::New(env, static_cast<double>(value));
}

}  // namespace

Napi::Value calibrationToJs(Napi::Env env, session::Calibration calibration) {
  Napi::Object object = Napi::Object::New(env);
  for (std::size_t i = 0; i < session::kOperations; ++i) {
    Napi::Object from = Napi::Object::New(env);
    from.Set("size", crossoverToJs(env, calibration[i].size));
    from.Set("batch", crossoverToJs(env, calibration[i].batch));
    object.Set(std::string(session::operationName(static_cast<session::Operation>(i))), from);
  }
  return object;
}

Napi::Value hardware(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const session::HardwareProfile profile = session::hardwareProfile();
  Napi::Object object = Napi::Object::New(env);
  object.Set("cpu", profile.cpu);
  object.Set("physicalCores", profile.physicalCores);
  object.Set("logicalCores", profile.logicalCores);
  object.Set("l1DataBytes", static_cast<double>(profile.l1DataBytes));
  object.Set("l2Bytes", static_cast<double>(profile.l2Bytes));
  object.Set("l3Bytes", static_cast<double>(profile.l3Bytes));
  object.Set("memoryBytes", static_cast<double>(profile.memoryBytes));
  Napi::Array gpus = Napi::Array::New(env, profile.gpus.size());
  for (std::uint32_t index = 0; index < profile.gpus.size(); ++index) {
    Napi::Object gpu = Napi::Object::New(env);
    gpu.Set("name", profile.gpus[index].name);
    const unsigned units = profile.gpus[index].computeUnits;
    gpu.Set("computeUnits", units == 0 ? env.Null() : Napi::Number::New(env, units));
    gpus.Set(index, gpu);
  }
  object.Set("gpus", gpus);
  return object;
}

Napi::Value memoryUsage(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const core::MemoryUsage usage = core::memoryUsage();
  Napi::Object object = figuresOf(env, usage.all);
  Napi::Array owners = Napi::Array::New(env, core::kMemoryOwners);
  for (std::uint32_t index = 0; index < core::kMemoryOwners; ++index) {
    Napi::Object owner = figuresOf(env, usage.owners[index]);
    owner.Set("name", textOf(env, core::ownerName(static_cast<core::MemoryOwner>(index))));
    owners.Set(index, owner);
  }
  object.Set("owners", owners);
  return object;
}

void resetMemoryPeaks(const Napi::CallbackInfo&) {
  core::resetMemoryPeaks();
}

Napi::Value watchMachine(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const session::WatchOptions options = readOptions(Argument::of(info, 0, "spec"));
  const auto watching = Watching::start(env, Argument::of(info, 1, "onChange").function(), options);
  Napi::Object object = Napi::Object::New(env);
  const auto method = [&](const char* name, auto work) {
    object.Set(name, Napi::Function::New(
                         env,
                         [watching, work](const Napi::CallbackInfo& call) -> Napi::Value {
                           return work(*watching, call);
                         },
                         name));
  };
  method("report", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    return reportOf(call.Env(), held.watch(call.Env()).report());
  });
  method("shouldUseGpu", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    const bool isGpu =
        held.watch(call.Env()).shouldUseGpu(readWorkload(Argument::of(call, 0, "work")));
    return Napi::Boolean::New(call.Env(), isGpu);
  });
  method("configure", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    held.watch(call.Env()).configure(readOptions(Argument::of(call, 0, "spec")));
    return call.Env().Undefined();
  });
  method("deviceLost", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    held.watch(call.Env()).deviceLost();
    return call.Env().Undefined();
  });
  method("deviceBack", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    held.watch(call.Env()).deviceBack();
    return call.Env().Undefined();
  });
  method("close", [](Watching& held, const Napi::CallbackInfo& call) -> Napi::Value {
    held.close();
    return call.Env().Undefined();
  });
  return object;
}

}  // namespace stemwright::addon
