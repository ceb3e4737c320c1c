#include <napi.h>

#include <memory>

#include "addon/benchmark_functions.h"
#include "addon/child_process.h"
#include "addon/convolution.h"
#include "addon/environment.h"
#include "addon/gpu_functions.h"
#include "addon/machine.h"
#include "addon/model_handle.h"
#include "addon/monitor_handle.h"
#include "addon/separation.h"
#include "addon/systems.h"
#include "addon/trace.h"
#include "addon/track_functions.h"
#include "addon/track_writer_handle.h"
#include "core/heap.h"
#include "session/info.h"

namespace stemwright::addon {
namespace {

Napi::Value info(const Napi::CallbackInfo& call) {
  const Napi::Env env = call.Env();
  const session::EngineInfo engine = session::engineInfo();
  Napi::Array isas = Napi::Array::New(env, engine.availableIsas.size());
  for (std::uint32_t index = 0; index < engine.availableIsas.size(); ++index) {
    isas.Set(index, engine.availableIsas[index]);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("version", STEMWRIGHT_VERSION);
  object.Set("isa", engine.isa);
  object.Set("availableIsas", isas);
  object.Set("isaOverrideError", engine.isaOverrideError);
  object.Set("bf16", engine.bf16);
  object.Set("hardwareThreads", engine.hardwareThreads);
  return object;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  auto environment = std::make_unique<Environment>();
  environment->trackWriter = Napi::Persistent(TrackWriterHandle::define(env));
  environment->model = Napi::Persistent(ModelHandle::define(env));
  environment->monitor = Napi::Persistent(MonitorHandle::define(env));
  env.SetInstanceData(environment.release());

  exports.DefineProperties({
      Napi::PropertyDescriptor::Function("info", info, napi_enumerable),
      Napi::PropertyDescriptor::Function("hardware", hardware, napi_enumerable),
      Napi::PropertyDescriptor::Function("memoryUsage", memoryUsage, napi_enumerable),
      Napi::PropertyDescriptor::Function("resetMemoryPeaks", resetMemoryPeaks, napi_enumerable),
      Napi::PropertyDescriptor::Function("startTrace", startTrace, napi_enumerable),
      Napi::PropertyDescriptor::Function("takeTrace", takeTrace, napi_enumerable),
      Napi::PropertyDescriptor::Function("watchMachine", watchMachine, napi_enumerable),
      Napi::PropertyDescriptor::Function("gpuDevices", gpuDevices, napi_enumerable),
      Napi::PropertyDescriptor::Function("gpuUsage", gpuUsage, napi_enumerable),
      Napi::PropertyDescriptor::Function("calibrateGpu", calibrateGpu, napi_enumerable),
      Napi::PropertyDescriptor::Function("createTrack", TrackWriterHandle::create, napi_enumerable),
      Napi::PropertyDescriptor::Function("openModel", ModelHandle::open, napi_enumerable),
      Napi::PropertyDescriptor::Function("startSeparation", startSeparation, napi_enumerable),
      Napi::PropertyDescriptor::Function("startConvolution", startConvolution, napi_enumerable),
      Napi::PropertyDescriptor::Function("startPrint", startPrint, napi_enumerable),
      Napi::PropertyDescriptor::Function("responseGain", responseGain, napi_enumerable),
      Napi::PropertyDescriptor::Function("describeResponse", describeResponse, napi_enumerable),
      Napi::PropertyDescriptor::Function("measureTracks", measureTracks, napi_enumerable),
      Napi::PropertyDescriptor::Function("combineTracks", combineTracks, napi_enumerable),
      Napi::PropertyDescriptor::Function("spreadResidual", spreadResidual, napi_enumerable),
      Napi::PropertyDescriptor::Function("writePeaks", writePeaks, napi_enumerable),
      Napi::PropertyDescriptor::Function("ensurePeaks", ensurePeaks, napi_enumerable),
      Napi::PropertyDescriptor::Function("findRhythm", findRhythm, napi_enumerable),
      Napi::PropertyDescriptor::Function("spectrumTile", spectrumTile, napi_enumerable),
      Napi::PropertyDescriptor::Function("replaceRange", replaceRange, napi_enumerable),
      Napi::PropertyDescriptor::Function("openMonitor", MonitorHandle::open, napi_enumerable),
      Napi::PropertyDescriptor::Function("audioDevices", MonitorHandle::devices, napi_enumerable),
      Napi::PropertyDescriptor::Function("audioDeviceChanges", MonitorHandle::deviceChanges,
                                         napi_enumerable),
      Napi::PropertyDescriptor::Function("benchmarks", benchmarks, napi_enumerable),
      Napi::PropertyDescriptor::Function("runBenchmark", runBenchmark, napi_enumerable),
      Napi::PropertyDescriptor::Function("releaseBenchmarks", releaseBenchmarks, napi_enumerable),
  });
#if defined(__linux__)
  exports.Set("startProgram", Napi::Function::New(env, startProgram, "startProgram"));
#else
  exports.Set("startProgram", env.Null());
#endif
  exports.Set("systems", makeSystems(env));
  return exports;
}

}  // namespace
}  // namespace stemwright::addon

namespace {

Napi::Object stemwrightInit(Napi::Env env, Napi::Object exports) {
  stemwright::core::returnLargeBlocks();
  return stemwright::addon::initialise(env, exports);
}

}  // namespace

NODE_API_MODULE(stemwright, stemwrightInit)
