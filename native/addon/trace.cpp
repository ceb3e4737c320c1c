#include "addon/trace.h"

#include "addon/arguments.h"
#include "core/trace.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostRegions = 1 << 22;
constexpr double kMillisecond = 1e6;

}  // namespace

void startTrace(const Napi::CallbackInfo& info) {
  core::startTrace(static_cast<std::size_t>(Argument::of(info, 0, "capacity").whole(kMostRegions)));
}

Napi::Value takeTrace(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const core::Trace trace = core::takeTrace();
  Napi::Array regions = Napi::Array::New(env, trace.events.size());
  for (std::uint32_t index = 0; index < trace.events.size(); ++index) {
    const core::TraceEvent& event = trace.events[index];
    Napi::Object region = Napi::Object::New(env);
    region.Set("name", event.name);
    region.Set("agoMs", static_cast<double>(trace.now - event.start) / kMillisecond);
    region.Set("ms", static_cast<double>(event.end - event.start) / kMillisecond);
    region.Set("thread", event.thread);
    regions.Set(index, region);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("regions", regions);
  object.Set("dropped", static_cast<double>(trace.dropped));
  return object;
}

}  // namespace stemwright::addon
