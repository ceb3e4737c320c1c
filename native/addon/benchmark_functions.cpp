#include "addon/benchmark_functions.h"

#include <string>
#include <vector>

#include "addon/abort_signal.h"
#include "addon/arguments.h"
#include "addon/one_shot.h"
#include "session/benchmarks.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

Napi::Value entriesToJs(Napi::Env env, const std::vector<session::BenchmarkEntry>& entries) {
  Napi::Array array = Napi::Array::New(env, entries.size());
  for (std::uint32_t index = 0; index < entries.size(); ++index) {
    const session::BenchmarkEntry& entry = entries[index];
    Napi::Object object = Napi::Object::New(env);
    object.Set("name", entry.name);
    object.Set("unit", entry.unit);
    object.Set("median", entry.median);
    object.Set("low", entry.low);
    object.Set("high", entry.high);
    object.Set("allocations", entry.allocations
                                  ? Napi::Number::New(env, static_cast<double>(*entry.allocations))
                                  : env.Null());
    array.Set(index, object);
  }
  return array;
}

}  // namespace

Napi::Value benchmarks(const Napi::CallbackInfo& info) {
  const std::vector<std::string> names = session::benchmarkNames();
  Napi::Array array = Napi::Array::New(info.Env(), names.size());
  for (std::uint32_t index = 0; index < names.size(); ++index) array.Set(index, names[index]);
  return array;
}

Napi::Value runBenchmark(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string name = spec["name"].text();
  const auto threads = static_cast<unsigned>(spec["threads"].whole(kMostThreads));
  const auto cancel = flagOf(spec["signal"]);
  return OneShot<std::vector<session::BenchmarkEntry>>::start(
      info.Env(), [name, threads, cancel] { return session::runBenchmark(name, threads, *cancel); },
      entriesToJs);
}

Napi::Value releaseBenchmarks(const Napi::CallbackInfo& info) {
  session::releaseBenchmarks();
  return info.Env().Undefined();
}

}  // namespace stemwright::addon
