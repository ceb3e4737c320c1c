#include <algorithm>
#include <array>
#include <cmath>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "addon/arguments.h"
#include "addon/errors.h"
#include "addon/handle.h"
#include "addon/network_arguments.h"
#include "addon/one_shot.h"
#include "addon/systems.h"
#include "session/guard.h"
#include "session/systems.h"

namespace stemwright::addon {
namespace {

using core::Error;
using core::ErrorCode;
namespace nn = session::nn;
using Info = Napi::CallbackInfo;

Error misuse(std::string message) {
  return {ErrorCode::kInvalidArgument, std::move(message)};
}

template <typename Make>
auto made(Napi::Env env, Make make) {
  return valueOrThrow(env, session::guarded(make));
}

Napi::Float32Array copied(Napi::Env env, std::span<const float> values) {
  auto out = Napi::Float32Array::New(env, values.size());
  std::copy(values.begin(), values.end(), out.Data());
  return out;
}

/// Weights of so many values, all of them numbers.
std::span<const float> weights(const Argument& given, std::size_t count, Napi::Env env) {
  const auto values = given.floats(count);
  if (!std::all_of(values.begin(), values.end(),
                   [](float value) { return std::isfinite(value); })) {
    throw toJs(env, {ErrorCode::kModel, "weights hold values that are no numbers"});
  }
  return values;
}

/// A network of either kind. Its lock makes calls of JS and of an executor take turns.
struct Network {
  std::mutex mutex;
  std::unique_ptr<nn::Inference> compiled;
  std::optional<nn::Sequential> sequential;
  core::ThreadPool pool;
  nn::SequenceShape input;
  nn::SequenceShape longest;

  explicit Network(unsigned threads) : pool(threads) {}
};

core::Result<std::shared_ptr<Network>> networkOf(std::unique_ptr<nn::Inference> inference) {
  auto built = std::make_shared<Network>(1);
  built->input = inference->input();
  const auto longest = inference->outputFor(built->input.steps);
  STEMWRIGHT_TRY(longest);
  built->longest = longest.value();
  built->compiled = std::move(inference);
  return built;
}

/// @param layers of a chain, or nodes of a graph
template <typename Spec>
core::Result<std::shared_ptr<Network>> compileNetwork(std::span<const Spec> layers,
                                                      nn::SequenceShape input, unsigned threads) {
  auto network = nn::CompiledNetwork::compile(layers, input, {.threads = threads});
  STEMWRIGHT_TRY(network);
  return networkOf(std::make_unique<nn::CompiledNetwork>(std::move(network).value()));
}

core::Result<std::shared_ptr<Network>> buildNetwork(std::span<const nn::LayerSpec> layers,
                                                    nn::SequenceShape input, unsigned threads) {
  if (threads == 0) return misuse("a network needs a thread");
  auto built = std::make_shared<Network>(threads);
  built->input = input;
  auto network = nn::Sequential::create(layers);
  STEMWRIGHT_TRY(network);
  STEMWRIGHT_TRY(network.value().build(input));
  built->longest = network.value().plan().outputs.back();
  built->sequential.emplace(std::move(network).value());
  return built;
}

std::size_t stepsOf(const Network& network, std::span<const float> x, Napi::Env env) {
  const std::size_t channels = network.input.channels;
  if (!x.empty() && x.size() % channels == 0) return x.size() / channels;
  throw toJs(env, misuse("the input must hold steps of " + std::to_string(channels) +
                         " channels, not " + std::to_string(x.size()) + " values"));
}

Napi::Value predict(const std::shared_ptr<Network>& it, const Info& call) {
  const auto x = Argument::of(call, 0, "input").floats();
  const std::size_t steps = stepsOf(*it, x, call.Env());
  const std::lock_guard lock(it->mutex);
  if (it->compiled) {
    const auto shape = valueOrThrow(call.Env(), it->compiled->outputFor(steps));
    auto out = Napi::Float32Array::New(call.Env(), shape.size());
    const core::Status status = session::guarded(
        [&]() -> core::Status { return it->compiled->predict(x.data(), steps, out.Data()); });
    if (!status.ok()) throw toJs(call.Env(), status.error());
    return out;
  }
  return copied(call.Env(),
                valueOrThrow(call.Env(), it->sequential->forward(x.data(), steps, it->pool)));
}

/// An execution under way; JS waits for it on a thread of Node's.
struct Execution {
  std::vector<float> input;
  std::vector<float> output;
  std::promise<core::Status> ended;

  core::AsyncExecutor::Done done(const std::shared_ptr<Execution>& self) {
    return [self](const core::Status& status) { self->ended.set_value(status); };
  }
  core::Result<std::vector<float>> result() {
    STEMWRIGHT_TRY(ended.get_future().get());
    return std::move(output);
  }
};

Napi::Value toPromise(Napi::Env env, std::function<core::Result<std::vector<float>>()> work) {
  return OneShot<std::vector<float>>::start(
      env, std::move(work), [](Napi::Env on, const std::vector<float>& values) -> Napi::Value {
        return copied(on, values);
      });
}

Napi::Value createExecutor(const std::shared_ptr<Network>& network, const Info& info) {
  const Napi::Env env = info.Env();
  if (network->compiled == nullptr) {
    throw toJs(env, misuse("only a compiled network can be executed beside its caller"));
  }
  auto executor = made(env, [&]() -> core::Result<std::shared_ptr<core::CpuExecutor>> {
    return std::make_shared<core::CpuExecutor>(
        network->input.size(), network->longest.size(),
        [network](std::span<const float> input, std::span<float> output) -> core::Status {
          const std::lock_guard lock(network->mutex);
          return session::guarded([&]() -> core::Status {
            return network->compiled->predict(input.data(), network->input.steps, output.data());
          });
        });
  });
  const auto begin = [network](const Info& call) {
    const auto x = Argument::of(call, 0, "input").floats(network->input.size());
    auto execution = std::make_shared<Execution>();
    execution->input.assign(x.begin(), x.end());
    execution->output.resize(network->longest.size());
    return execution;
  };
  Handle<core::CpuExecutor> handle(env, "the executor", std::move(executor));
  handle.value("slots", static_cast<double>(core::AsyncExecutor::kSlots));
  handle.method("tryExecuteAsync", [begin](const auto& it, const Info& call) -> Napi::Value {
    const auto execution = begin(call);
    if (!it->tryExecuteAsync(execution->input, execution->output, execution->done(execution))) {
      return call.Env().Null();
    }
    return toPromise(call.Env(), [it, execution] { return execution->result(); });
  });
  handle.method("executeAsync", [begin](const auto& it, const Info& call) -> Napi::Value {
    const auto execution = begin(call);
    return toPromise(call.Env(), [it, execution]() -> core::Result<std::vector<float>> {
      STEMWRIGHT_TRY(
          it->executeAsync(execution->input, execution->output, execution->done(execution)));
      return execution->result();
    });
  });
  return handle.object();
}

Napi::Object handleOf(Napi::Env env, const std::shared_ptr<Network>& network) {
  Handle<Network> handle(env, "the network", network);
  if (network->sequential) {
    handle.value("bufferStats", network->sequential->bufferStats());
  }
  handle.value("outputSteps", static_cast<double>(network->longest.steps))
      .value("outputChannels", static_cast<double>(network->longest.channels));
  handle.method("predict", predict);
  handle.method("createExecutor", createExecutor);
  handle.method("resetState", [](const auto& it, const Info& call) -> Napi::Value {
    const std::lock_guard lock(it->mutex);
    if (it->compiled != nullptr) it->compiled->resetState();
    if (it->sequential) it->sequential->resetState();
    return call.Env().Undefined();
  });
  handle.method("prewarm", [](const auto& it, const Info& call) -> Napi::Value {
    const Argument given = Argument::of(call, 0, "steps");
    const std::size_t steps = given.isAbsent() ? it->input.steps : sizeOf(given);
    const std::lock_guard lock(it->mutex);
    const core::Status status = session::guarded([&]() -> core::Status {
      if (it->compiled != nullptr) return it->compiled->prewarm(steps);
      const std::vector<float> zeros(std::min(steps, it->input.steps) * it->input.channels);
      STEMWRIGHT_TRY(it->sequential->forward(zeros.data(), steps, it->pool));
      it->sequential->resetState();
      return core::okStatus();
    });
    if (!status.ok()) throw toJs(call.Env(), status.error());
    return call.Env().Undefined();
  });
  handle.method("memoryUsage", [](const auto& it, const Info& call) -> Napi::Value {
    const std::lock_guard lock(it->mutex);
    const bool isKnown = it->compiled != nullptr;
    Napi::Object usage = Napi::Object::New(call.Env());
    usage.Set("weightBytes", static_cast<double>(isKnown ? it->compiled->weightBytes()
                                                         : it->sequential->weightBytes()));
    usage.Set("workspaceBytes", static_cast<double>(isKnown ? it->compiled->workspaceBytes()
                                                            : it->sequential->workspaceBytes()));
    return usage;
  });
  handle.method("releaseWorkspace", [](const auto& it, const Info& call) -> Napi::Value {
    const std::lock_guard lock(it->mutex);
    const bool isReleased =
        it->compiled != nullptr && it->compiled->handlePressure(nn::PressureLevel::kCritical);
    return Napi::Boolean::New(call.Env(), isReleased);
  });
  return handle.object();
}

Napi::Value createNetwork(const Info& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::vector<nn::LayerSpec> layers = readLayers(spec["layers"]);
  const nn::SequenceShape input{sizeOf(spec["steps"]), sizeOf(spec["channels"])};
  const auto threads = static_cast<unsigned>(spec["threads"].whole(256));
  const bool isCompiled = spec["isCompiled"].flag();
  return handleOf(info.Env(), made(info.Env(), [&] {
                    return isCompiled ? compileNetwork<nn::LayerSpec>(layers, input, threads)
                                      : buildNetwork(layers, input, threads);
                  }));
}

Napi::Value compileGraph(const Info& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::vector<nn::NodeSpec> nodes = readNodes(spec["nodes"]);
  const nn::SequenceShape input{sizeOf(spec["steps"]), sizeOf(spec["channels"])};
  const auto threads = static_cast<unsigned>(spec["threads"].whole(256));
  return handleOf(info.Env(), made(info.Env(), [&] {
                    return compileNetwork<nn::NodeSpec>(nodes, input, threads);
                  }));
}

/// A Core ML model that was compiled; its steps are its own.
Napi::Value openCoreMl(const Info& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const std::string path = spec["path"].path();
  const auto threads = static_cast<unsigned>(spec["threads"].whole(256));
  return handleOf(info.Env(), made(info.Env(), [&]() -> core::Result<std::shared_ptr<Network>> {
                    auto inference = nn::openCoreMl(path, {.threads = threads});
                    STEMWRIGHT_TRY(inference);
                    return networkOf(std::move(inference).value());
                  }));
}

struct Linear {
  nn::Linear linear;
  core::ThreadPool pool;
};

Napi::Value createLinear(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  const std::size_t in = sizeOf(spec["in"]);
  const std::size_t out = sizeOf(spec["out"]);
  const auto threads = static_cast<unsigned>(spec["threads"].whole(256));
  const auto weight = weights(spec["weight"], in * out, env);
  const Argument bias = spec["bias"];
  const auto shift = bias.isAbsent() ? std::span<const float>() : weights(bias, out, env);
  auto linear = made(env, [&]() -> core::Result<std::shared_ptr<Linear>> {
    if (in == 0 || out == 0 || threads == 0)
      return misuse("a linear layer needs inputs, outputs and a thread");
    return std::shared_ptr<Linear>(new Linear{
        nn::Linear(nn::kernels(), in, out, weight.data(), shift.empty() ? nullptr : shift.data()),
        core::ThreadPool(threads)});
  });
  Handle<Linear> handle(env, "the linear layer", std::move(linear));
  handle.method("forward", [](const auto& it, const Info& call) -> Napi::Value {
    const auto x = Argument::of(call, 0, "rows").floats();
    if (x.size() % it->linear.in() != 0) {
      throw toJs(call.Env(), misuse("rows must have " + std::to_string(it->linear.in()) +
                                    " values each, not " + std::to_string(x.size()) + " in all"));
    }
    const std::size_t rows = x.size() / it->linear.in();
    auto y = Napi::Float32Array::New(call.Env(), rows * it->linear.out());
    it->linear.forward(x.data(), rows, y.Data(), it->pool);
    return y;
  });
  handle.method("batchThreshold", [](const auto& it, const Info& call) -> Napi::Value {
    return Napi::Number::New(call.Env(), static_cast<double>(it->linear.batchThreshold()));
  });
  handle.method("setBatchThreshold", [](const auto& it, const Info& call) -> Napi::Value {
    it->linear.setBatchThreshold(sizeOf(Argument::of(call, 0, "rows")));
    return call.Env().Undefined();
  });
  handle.method("autotune", [](const auto& it, const Info& call) -> Napi::Value {
    return Napi::Number::New(call.Env(), static_cast<double>(it->linear.autotune(it->pool)));
  });
  return handle.object();
}

/// A convolution for changing sizes, whose outputs go when memory is short.
struct DynamicConv {
  std::mutex mutex;
  nn::DynamicConv conv;
  std::size_t in;
  core::ThreadPool pool;
  core::PressureRelief relief{[this](core::PressureLevel) {
    const std::lock_guard lock(mutex);
    const std::size_t bytes = conv.cacheStats().bytes;
    conv.releaseCache();
    return bytes;
  }};

  DynamicConv(nn::ShapedConv made, std::size_t capacity, std::size_t channels, unsigned threads)
      : conv(std::move(made), capacity), in(channels), pool(threads) {}
};

Napi::Value forwardDynamic(const std::shared_ptr<DynamicConv>& it, const Info& call) {
  const auto x = Argument::of(call, 0, "input").floats();
  const std::size_t height = sizeOf(Argument::of(call, 1, "height"));
  const std::size_t width = sizeOf(Argument::of(call, 2, "width"));
  if (x.size() != height * width * it->in) {
    throw toJs(call.Env(), misuse("the input must hold " + std::to_string(height * width * it->in) +
                                  " values, not " + std::to_string(x.size())));
  }
  const std::lock_guard lock(it->mutex);
  const auto out =
      session::guarded([&] { return it->conv.forward(x.data(), height, width, it->pool); });
  return copied(call.Env(), valueOrThrow(call.Env(), out));
}

Napi::Value createDynamicConv(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  nn::ConvShape shape;
  shape.in = sizeOf(spec["in"]);
  shape.out = sizeOf(spec["out"]);
  shape.kernelHeight = sizeOf(spec["kernelHeight"]);
  shape.kernelWidth = sizeOf(spec["kernelWidth"]);
  shape.strideHeight = sizeOf(spec["strideHeight"]);
  shape.strideWidth = sizeOf(spec["strideWidth"]);
  shape.dilationWidth = sizeOf(spec["dilationWidth"]);
  shape.paddingHeight = sizeOf(spec["paddingHeight"]);
  shape.paddingWidth = sizeOf(spec["paddingWidth"]);
  const std::size_t taps = shape.kernelHeight * shape.kernelWidth;
  const auto weight = weights(spec["weight"], shape.in * shape.out * taps, env);
  const Argument bias = spec["bias"];
  const auto shift = bias.isAbsent() ? std::span<const float>() : weights(bias, shape.out, env);
  const auto capacity = static_cast<std::size_t>(spec["capacity"].whole(1024));
  const auto threads = static_cast<unsigned>(spec["threads"].whole(256));
  auto conv = made(env, [&]() -> core::Result<std::shared_ptr<DynamicConv>> {
    const bool isWhole = shape.in > 0 && shape.out > 0 && shape.strideHeight > 0 &&
                         shape.strideWidth > 0 && shape.dilationWidth > 0 && threads > 0;
    if (!isWhole || taps == 0 || taps > nn::Conv::kMostTaps) {
      return misuse("a convolution needs channels, strides, a thread and 1 to " +
                    std::to_string(nn::Conv::kMostTaps) + " taps");
    }
    return std::make_shared<DynamicConv>(
        nn::ShapedConv(nn::kernels(), shape, weight.data(), shift.empty() ? nullptr : shift.data()),
        capacity, shape.in, threads);
  });
  constexpr std::array kVariants{"direct", "vector", "tiled"};  // as in nn::ConvVariant
  const char* const variant = kVariants[static_cast<std::size_t>(conv->conv.variant())];
  Handle<DynamicConv> handle(env, "the convolution", std::move(conv));
  handle.value("variant", variant);
  handle.method("forward", forwardDynamic);
  handle.method("cacheStats", [](const auto& it, const Info& call) -> Napi::Value {
    const std::lock_guard lock(it->mutex);
    const nn::DynamicConv::CacheStats stats = it->conv.cacheStats();
    Napi::Object object = Napi::Object::New(call.Env());
    object.Set("hits", static_cast<double>(stats.hits));
    object.Set("misses", static_cast<double>(stats.misses));
    object.Set("entries", static_cast<double>(stats.entries));
    object.Set("bytes", static_cast<double>(stats.bytes));
    return object;
  });
  return handle.object();
}

Napi::Value groupNorm(const Info& info) {
  const Napi::Env env = info.Env();
  const Argument spec = Argument::of(info, 0, "spec");
  const auto x = spec["input"].floats();
  const std::size_t channels = sizeOf(spec["channels"]);
  const std::size_t groups = sizeOf(spec["groups"]);
  if (channels == 0 || groups == 0 || channels % groups != 0 || x.size() % channels != 0) {
    throw toJs(env, misuse("groups must divide the channels, and channels the input"));
  }
  const auto weight = weights(spec["weight"], channels, env);
  const auto bias = weights(spec["bias"], channels, env);
  const nn::Affine affine{{weight.begin(), weight.end()}, {bias.begin(), bias.end()}};
  auto out = copied(env, x);
  core::ThreadPool pool(1);
  nn::groupNorm(nn::kernels(), out.Data(), x.size() / channels, channels, groups, affine, pool,
                readNorm(spec["algorithm"]));
  return out;
}

Napi::Value createBufferPool(const Info& info) {
  const Napi::Env env = info.Env();
  const std::size_t size = sizeOf(Argument::of(info, 0, "size"));
  const auto count = static_cast<std::uint32_t>(Argument::of(info, 1, "count").whole(1 << 20));
  auto pool = made(env, [&]() -> core::Result<std::shared_ptr<core::BufferPool>> {
    if (size == 0 || count == 0) return misuse("a pool needs buffers of at least a value");
    return std::make_shared<core::BufferPool>(size, count);
  });
  Handle<core::BufferPool> handle(env, "the pool", std::move(pool));
  handle.method("acquire", [](const auto& it, const Info& call) -> Napi::Value {
    float* const buffer = it->acquire();
    if (buffer == nullptr) return call.Env().Null();
    // Given back on release, and with the last reference to a lease that was forgotten.
    auto lease = std::shared_ptr<float>(buffer, [it](float* held) { it->release(held); });
    Handle<float> taken(call.Env(), "the buffer", std::move(lease));
    const std::size_t held = it->size();
    taken.method("read", [held](const auto& from, const Info& use) -> Napi::Value {
      return copied(use.Env(), {from.get(), held});
    });
    taken.method("write", [held](const auto& to, const Info& use) -> Napi::Value {
      const auto values = Argument::of(use, 0, "values").floats(held);
      std::copy(values.begin(), values.end(), to.get());
      return use.Env().Undefined();
    });
    return taken.object();
  });
  handle.method("exhausted", [](const auto& it, const Info& call) -> Napi::Value {
    return Napi::Number::New(call.Env(), static_cast<double>(it->exhausted()));
  });
  return handle.object();
}

/// What rounding weights to 16 bits changes.
Napi::Value halfError(const Info& info) {
  const auto values = Argument::of(info, 0, "weights").floats();
  const std::string precision = Argument::of(info, 1, "precision").text();
  if (precision != "fp16" && precision != "bf16") {
    Argument::of(info, 1, "precision").refuse("'fp16' or 'bf16'");
  }
  double largest = 0;
  double squares = 0;
  double errors = 0;
  double overflows = 0;
  for (const float value : values) {
    const float rounded = precision == "fp16" ? core::halfToFloat(core::floatToHalf(value))
                                              : core::bfloat16ToFloat(core::floatToBfloat16(value));
    const double error = static_cast<double>(rounded) - static_cast<double>(value);
    if (!std::isfinite(rounded)) {
      ++overflows;
      continue;
    }
    largest = std::max(largest, std::abs(error));
    errors += error * error;
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  Napi::Object object = Napi::Object::New(info.Env());
  object.Set("bytes", static_cast<double>(2 * values.size()));
  object.Set("largest", largest);
  object.Set("relative", squares == 0 ? 0 : std::sqrt(errors / squares));
  object.Set("overflows", overflows);
  return object;
}

}  // namespace

void defineNetworkSystems(Napi::Object systems) {
  const Napi::Env env = systems.Env();
  const auto define = [&](const char* name, Napi::Value (*function)(const Info&)) {
    systems.Set(name, Napi::Function::New(env, function, name));
  };
  define("createNetwork", createNetwork);
  define("compileGraph", compileGraph);
  define("openCoreMl", openCoreMl);
  define("createLinear", createLinear);
  define("createDynamicConv", createDynamicConv);
  define("groupNorm", groupNorm);
  define("createBufferPool", createBufferPool);
  define("halfError", halfError);
}

}  // namespace stemwright::addon
