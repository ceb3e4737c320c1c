#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/handle.h"
#include "addon/systems.h"
#include "session/gpu.h"
#include "session/guard.h"

namespace stemwright::addon {
namespace {

namespace gpu = session::gpu;
using core::Result;
using Info = Napi::CallbackInfo;
using Device = std::shared_ptr<gpu::Device>;

constexpr std::uint64_t kMostSize = std::uint64_t{1} << 24;

std::size_t sizeOf(const Argument& value) {
  return static_cast<std::size_t>(value.whole(kMostSize));
}

template <typename Make>
auto made(Napi::Env env, Make make) {
  return valueOrThrow(env, session::guarded(make));
}

/// Runs what fills a result of so many values.
template <typename Work>
Napi::Value computed(Napi::Env env, std::size_t count, Work work) {
  auto out = Napi::Float32Array::New(env, count);
  const core::Status status =
      session::guarded([&]() -> core::Status { return work(std::span(out.Data(), count)); });
  if (!status.ok()) throw toJs(env, status.error());
  return out;
}

struct Fft {
  Device device;
  std::size_t values = 0;  ///< of all transforms of a call
  std::unique_ptr<gpu::Program> forward, inverse;
};

Result<std::shared_ptr<Fft>> makeFft(const Device& device, std::size_t size, std::size_t batch) {
  auto fft = gpu::Fft::create(*device, size);
  STEMWRIGHT_TRY(fft);
  auto thing = std::make_shared<Fft>();
  thing->device = device;
  thing->values = 2 * size * batch;
  const std::size_t bytes = thing->values * sizeof(float);
  auto scratch = device->allocate(std::max<std::size_t>(1, bytes));
  STEMWRIGHT_TRY(scratch);
  for (const bool isInverse : {false, true}) {
    auto program = device->compile(
        fft.value().record(isInverse, isInverse ? 1.0f / static_cast<float>(size) : 1.0f, batch,
                           gpu::Binding::input(bytes), gpu::Binding::output(bytes),
                           gpu::whole(scratch.value())),
        {.inputBytes = bytes, .outputBytes = bytes, .slots = 1});
    STEMWRIGHT_TRY(program);
    (isInverse ? thing->inverse : thing->forward) = std::move(program).value();
  }
  return thing;
}

Napi::Value createFft(const Device& device, const Info& info) {
  const std::size_t size = sizeOf(Argument::of(info, 0, "size"));
  const std::size_t batch = sizeOf(Argument::of(info, 1, "batch"));
  auto fft = made(info.Env(), [&]() -> Result<std::shared_ptr<Fft>> {
    if (batch == 0 || size > kMostSize / 2 / batch) {
      return core::Error{core::ErrorCode::kInvalidArgument, "so many transforms at once"};
    }
    return makeFft(device, size, batch);
  });
  Handle<Fft> handle(info.Env(), "the FFT", std::move(fft));
  const auto method = [&](const char* name, auto program) {
    handle.method(name, [program](const auto& it, const Info& call) -> Napi::Value {
      const auto x = Argument::of(call, 0, "values").floats(it->values);
      return computed(call.Env(), it->values,
                      [&](std::span<float> out) { return ((*it).*program)->execute(x, out); });
    });
  };
  method("forward", &Fft::forward);
  method("inverse", &Fft::inverse);
  return handle.object();
}

Napi::Value createConvolution(const Device& device, const Info& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  std::vector<std::span<const float>> response;
  for (const Argument& channel : spec["response"].elements()) response.push_back(channel.floats());
  const std::size_t channels = sizeOf(spec["channels"]);
  const std::size_t frames = sizeOf(spec["frames"]);
  auto convolution = made(info.Env(), [&]() -> Result<std::shared_ptr<gpu::Convolution>> {
    auto built = gpu::Convolution::create(*device, response, channels, frames);
    STEMWRIGHT_TRY(built);
    return std::shared_ptr<gpu::Convolution>(std::move(built).value());
  });
  const std::size_t outputs = convolution->outputs();
  Handle<gpu::Convolution> handle(info.Env(), "the convolution", std::move(convolution));
  handle.value("outputs", static_cast<double>(outputs));
  handle.method("process", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "block").floats(it->inputs() * it->frames());
    return computed(call.Env(), it->outputs() * it->frames(),
                    [&](std::span<float> out) { return it->process(x, out); });
  });
  handle.method("reset", [](const auto& it, const Info& call) -> Napi::Value {
    it->reset();
    return call.Env().Undefined();
  });
  return handle.object();
}

Napi::Value createRecurrent(const Device& device, const Info& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string kind = spec["kind"].text();
  if (kind != "lstm" && kind != "gru") spec["kind"].refuse("'lstm' or 'gru'");
  const gpu::RecurrentShape shape{
      kind == "gru", sizeOf(spec["inputSize"]), sizeOf(spec["hiddenSize"]),
      static_cast<std::size_t>(spec["layers"].whole(64)), spec["isBidirectional"].flag()};
  const std::size_t steps = sizeOf(Argument::of(info, 1, "steps"));
  const Argument values = spec["parameters"];
  values.object();
  const auto parameters = [&](const std::string& name) -> std::optional<std::span<const float>> {
    const Argument given = values[name.c_str()];
    if (given.isAbsent()) return std::nullopt;
    return given.floats();
  };
  auto layer = made(info.Env(), [&]() -> Result<std::shared_ptr<gpu::Recurrent>> {
    auto built = gpu::Recurrent::create(*device, shape, parameters, 1, steps);
    STEMWRIGHT_TRY(built);
    return std::shared_ptr<gpu::Recurrent>(std::move(built).value());
  });
  Handle<gpu::Recurrent> handle(info.Env(), "the layer", std::move(layer));
  handle.method("predict", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "input").floats(it->inputSize());
    return computed(call.Env(), it->outputSize(),
                    [&](std::span<float> out) { return it->process(x, out); });
  });
  handle.method("resetState", [](const auto& it, const Info& call) -> Napi::Value {
    const core::Status status = it->resetState();
    if (!status.ok()) throw toJs(call.Env(), status.error());
    return call.Env().Undefined();
  });
  return handle.object();
}

Napi::Value openGpu(const Info& info) {
  const Napi::Env env = info.Env();
  const std::string id = Argument::of(info, 0, "id").text();
  Handle<gpu::Device> handle(env, "the GPU", made(env, [&] { return session::openGpu(id); }));
  handle.method("createFft", createFft)
      .method("createConvolution", createConvolution)
      .method("createRecurrent", createRecurrent);
  return handle.object();
}

}  // namespace

void defineGpuSystems(Napi::Object systems) {
  systems.Set("openGpu", Napi::Function::New(systems.Env(), openGpu, "openGpu"));
}

}  // namespace stemwright::addon
