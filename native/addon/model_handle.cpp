#include "addon/model_handle.h"

#include <string>
#include <utility>

#include "addon/arguments.h"
#include "addon/environment.h"
#include "addon/errors.h"
#include "addon/model_spec.h"
#include "addon/one_shot.h"
#include "session/memory.h"

namespace stemwright::addon {
namespace {

constexpr std::uint64_t kMostThreads = 1024;

session::ModelOptions readOptions(const Argument& spec) {
  session::ModelOptions options;
  if (const Argument given = spec["precision"]; !given.isAbsent()) {
    const std::string name = given.text();
    if (name != "fp32" && name != "bf16") given.refuse("'fp32' or 'bf16'");
    if (name == "bf16") options.precision = session::Precision::kBf16;
  }
  if (const Argument given = spec["groupNorm"]; !given.isAbsent()) {
    const std::string name = given.text();
    if (name == "standard") {
      options.groupNorm = session::NormAlgorithm::kStandard;
    } else if (name == "kahan") {
      options.groupNorm = session::NormAlgorithm::kKahan;
    } else if (name != "welford") {
      given.refuse("'standard', 'kahan' or 'welford'");
    }
  }
  return options;
}

/// Tells our objects from others with the same prototype.
constexpr napi_type_tag kModelTag = {0x6c7b0f6a1d5e4f3aull, 0x9c2f38b4d1a7e605ull};

}  // namespace

Napi::Function ModelHandle::define(Napi::Env env) {
  return DefineClass(env, "Model",
                     {InstanceAccessor<&ModelHandle::info>("info"),
                      InstanceMethod<&ModelHandle::memoryFor>("memoryFor"),
                      InstanceMethod<&ModelHandle::maximumSegmentFor>("maximumSegmentFor"),
                      InstanceMethod<&ModelHandle::prepareGpu>("prepareGpu"),
                      InstanceMethod<&ModelHandle::dispose>("dispose")});
}

ModelHandle::ModelHandle(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  info.This().As<Napi::Object>().TypeTag(&kModelTag);
}

Napi::Value ModelHandle::open(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  auto path = spec["path"].path();
  auto tensors = readTensors(spec["tensors"]);
  auto config = readConfig(spec["config"]);
  const session::ModelOptions options = readOptions(spec);
  auto source = std::make_shared<const Source>(
      Source{std::move(path), std::move(tensors), options.groupNorm});
  return OneShot<Model>::start(
      info.Env(),
      [source, config = std::move(config), options]() -> core::Result<Model> {
        if (!config) return config.error();
        auto weights = session::WeightFile::open(source->path, source->tensors);
        if (!weights) return weights.error();
        return session::HTDemucs::load(config.value(), std::move(weights).value(), options);
      },
      [source](Napi::Env env, Model model) -> Napi::Value {
        const Napi::Object handle = Environment::of(env).model.New({});
        Unwrap(handle)->model_ = std::move(model);
        Unwrap(handle)->source_ = source;
        return handle;
      });
}

ModelHandle::Model ModelHandle::from(const Napi::Object& value) {
  if (!value.CheckTypeTag(&kModelTag)) return nullptr;
  return Unwrap(value)->model();
}

const ModelHandle::Model& ModelHandle::model() const {
  if (model_) return model_;
  throw toJs(Env(), {core::ErrorCode::kInvalidArgument, "the Model has been disposed of"});
}

Napi::Value ModelHandle::info(const Napi::CallbackInfo& info) {
  const session::HTDemucs& loaded = *model();
  const session::HTDemucsConfig& config = loaded.config();
  const Napi::Env env = info.Env();
  Napi::Array sources = Napi::Array::New(env, config.sources.size());
  for (std::uint32_t index = 0; index < config.sources.size(); ++index) {
    sources.Set(index, config.sources[index]);
  }
  Napi::Object object = Napi::Object::New(env);
  object.Set("sources", sources);
  object.Set("channels", static_cast<double>(config.audioChannels));
  object.Set("sampleRate", config.sampleRate);
  object.Set("segmentFrames", static_cast<double>(config.segmentFrames()));
  object.Set("parameters", static_cast<double>(loaded.parameters()));
  object.Set("weightBytes", static_cast<double>(loaded.weightBytes()));
  return object;
}

Napi::Value ModelHandle::memoryFor(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  std::optional<double> seconds;
  if (const Argument given = spec["segmentSeconds"]; !given.isAbsent()) seconds = given.number();
  const auto bytes = session::memoryFor(*model(), readMode(spec["mode"]), seconds,
                                        static_cast<unsigned>(spec["threads"].whole(kMostThreads)));
  return Napi::Number::New(info.Env(), static_cast<double>(valueOrThrow(info.Env(), bytes)));
}

Napi::Value ModelHandle::maximumSegmentFor(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  const auto seconds = valueOrThrow(
      info.Env(),
      session::maximumSegmentFor(*model(), readMode(spec["mode"]),
                                 static_cast<unsigned>(spec["threads"].whole(kMostThreads)),
                                 spec["budgetBytes"].whole()));
  return seconds ? Napi::Number::New(info.Env(), *seconds) : info.Env().Null();
}

Napi::Value ModelHandle::prepareGpu(const Napi::CallbackInfo& info) {
  const Argument spec = Argument::of(info, 0, "spec");
  session::GpuRequest request;
  request.device = spec["device"].text();
  request.cacheFolder = spec["cacheFolder"].path();
  request.isTrusted = spec["isTrusted"].flag();
  request.threads = static_cast<unsigned>(spec["threads"].whole(kMostThreads));
  // Held until the work is done, so that there is a handle to give the result to.
  auto self =
      std::make_shared<Napi::ObjectReference>(Napi::Persistent(info.This().As<Napi::Object>()));
  return OneShot<session::PreparedGpu>::start(
      info.Env(),
      [model = model(), source = source_, request]() -> core::Result<session::PreparedGpu> {
        auto weights = session::WeightFile::open(source->path, source->tensors);
        if (!weights) return weights.error();
        return session::prepareGpu(model, std::move(weights).value(), source->groupNorm, request);
      },
      [self](Napi::Env env, session::PreparedGpu prepared) -> Napi::Value {
        Unwrap(self->Value())->gpu_ = prepared.model;
        Napi::Object verdict = Napi::Object::New(env);
        verdict.Set("device", prepared.device.name);
        verdict.Set("isAccepted", prepared.verdict.isAccepted);
        verdict.Set("agreementDb", prepared.verdict.agreementDb);
        verdict.Set("gpuSeconds", prepared.verdict.gpuSeconds);
        verdict.Set("cpuSeconds", prepared.verdict.cpuSeconds);
        return verdict;
      });
}

}  // namespace stemwright::addon
