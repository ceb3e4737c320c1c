#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

#include "core/memory_usage.h"
#include "core/result.h"
#include "nn/network.h"

namespace stemwright::nn {

using core::PressureLevel;

struct InferenceOptions {
  /// 1: predict() neither locks nor waits, as the audio thread needs.
  unsigned threads = 1;
};

/// A network that is ready to run: everything decided, everything allocated. Keeps its state from
/// call to call, so that a signal may come in pieces. One call at a time.
class Inference {
 public:
  /// Told how short memory is; returns whether to release the workspace.
  using PressureDelegate = std::function<bool(PressureLevel)>;

  virtual ~Inference() = default;

  /// Of the longest call.
  virtual SequenceShape input() const noexcept = 0;
  /// @return steps and channels that so many input steps give; kInvalidArgument for too few or many
  virtual core::Result<SequenceShape> outputFor(std::size_t steps) const = 0;
  virtual std::size_t weightBytes() const noexcept = 0;
  virtual std::size_t workspaceBytes() const noexcept = 0;

  /// Allocates nothing while the workspace is there; after a release the next call makes it anew.
  /// @param x [steps, channels] @param out as outputFor(steps) says; must not overlap x
  /// @return kInvalidArgument for steps it was not made for
  virtual core::Status predict(const float* x, std::size_t steps, float* out) = 0;
  /// Back to zeros.
  virtual void resetState() = 0;

  /// Runs once on zeros of that length, so that the first real call finds pages and caches ready;
  /// states are zero afterwards. @return kInvalidArgument for steps it was not made for
  core::Status prewarm(std::size_t steps);
  core::Status prewarm() { return prewarm(input().steps); }

  /// Without one, a warning keeps the workspace and a critical level releases it.
  void onPressure(PressureDelegate delegate) { delegate_ = std::move(delegate); }
  /// Not during predict(). The streaming state is kept.
  /// @return whether the workspace was released
  bool handlePressure(PressureLevel level);

 protected:
  Inference() = default;
  Inference(Inference&&) = default;
  Inference& operator=(Inference&&) = default;

 private:
  virtual void releaseWorkspace() noexcept = 0;

  PressureDelegate delegate_;
};

/// A Core ML model that Xcode or coremltools have compiled (`.mlmodelc`), through BNNS Graph: of
/// one input and one output, in float, [steps, channels] behind any sizes of 1. It takes as many
/// steps as it was converted for.
/// @return kModel where there is none that fits, and on every system but macOS 15 and later
core::Result<std::unique_ptr<Inference>> openCoreMl(const std::string& path,
                                                    const InferenceOptions& options);

}  // namespace stemwright::nn
