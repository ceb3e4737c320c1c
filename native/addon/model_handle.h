#pragma once

#include <napi.h>

#include <memory>

#include "session/gpu.h"
#include "session/model.h"

namespace stemwright::addon {

/// The JS object Model: loaded weights, shared with the jobs that run them. [js-thread]
class ModelHandle : public Napi::ObjectWrap<ModelHandle> {
 public:
  using Model = std::shared_ptr<const session::HTDemucs>;

  static Napi::Function define(Napi::Env env);
  /// openModel(spec)
  static Napi::Value open(const Napi::CallbackInfo& info);
  /// The model behind a JS value; empty when the value is no Model.
  /// Throws 'invalid-argument' into JS when it has been disposed of.
  static Model from(const Napi::Object& value);
  using GpuModel = std::shared_ptr<const session::HTDemucsGpu>;
  /// What prepareGpu() left; null without. @param value a Model
  static GpuModel gpuFrom(const Napi::Object& value) { return Unwrap(value)->gpu_; }

  /// Made by JS itself, it is a disposed one.
  explicit ModelHandle(const Napi::CallbackInfo& info);

 private:
  Napi::Value info(const Napi::CallbackInfo& info);
  Napi::Value memoryFor(const Napi::CallbackInfo& info);
  Napi::Value maximumSegmentFor(const Napi::CallbackInfo& info);
  Napi::Value prepareGpu(const Napi::CallbackInfo& info);
  void dispose(const Napi::CallbackInfo&) {
    model_.reset();
    gpu_.reset();
  }
  const Model& model() const;

  /// Where its weights came from, for a device that gets them too.
  struct Source {
    std::string path;
    std::vector<session::TensorEntry> tensors;
    session::NormAlgorithm groupNorm = session::NormAlgorithm::kWelford;
  };

  Model model_;
  GpuModel gpu_;
  std::shared_ptr<const Source> source_;
};

}  // namespace stemwright::addon
