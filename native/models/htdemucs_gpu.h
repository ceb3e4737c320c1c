#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "core/result.h"
#include "gpu/device.h"
#include "gpu/ops.h"
#include "models/htdemucs.h"
#include "models/weight_file.h"

namespace stemwright::models {

/// HTDemucs' weights on a graphics processor, uploaded once. Immutable.
class HTDemucsGpu {
 public:
  /// @param storage kHalf: weights and activations in 16 bits, sums in float
  /// @return kModel for a graph that the shaders do not compute; kNoRoom past the device's budget;
  ///         kDeviceLost
  static core::Result<std::shared_ptr<const HTDemucsGpu>> load(std::shared_ptr<gpu::Device> device,
                                                               const HTDemucsConfig& config,
                                                               WeightFile weights,
                                                               gpu::Storage storage,
                                                               nn::NormAlgorithm groupNorm);
  ~HTDemucsGpu();
  HTDemucsGpu(const HTDemucsGpu&) = delete;
  HTDemucsGpu& operator=(const HTDemucsGpu&) = delete;

  const HTDemucsConfig& config() const noexcept { return config_; }
  gpu::Device& device() const noexcept { return *device_; }
  gpu::Storage storage() const noexcept { return storage_; }

  struct Graph;
  const Graph& graph() const noexcept { return *graph_; }

 private:
  HTDemucsGpu();
  std::shared_ptr<gpu::Device> device_;
  HTDemucsConfig config_;
  gpu::Storage storage_ = gpu::Storage::kFloat;
  std::unique_ptr<Graph> graph_;
};

/// One forward pass, recorded for segments of one length. It computes what HTDemucsRunner does.
class HTDemucsGpuRunner {
 public:
  /// Where the device's budget does not hold the workspace, layers are computed in parts and one
  /// execution at a time; the result is the same.
  /// @param isTimed each dispatch apart, so that program().times() tells what took how long
  /// @param isInParts computes so at once
  /// @return kNoRoom when that does not fit either
  static core::Result<std::unique_ptr<HTDemucsGpuRunner>> create(
      std::shared_ptr<const HTDemucsGpu> model, std::size_t frames, Mode mode, bool isTimed = false,
      bool isInParts = false);

  std::size_t frames() const noexcept { return frames_; }
  std::size_t outputSize() const noexcept { return outputSize_; }
  const HTDemucsGpu& model() const noexcept { return *model_; }

  /// @param mix [frames, audioChannels] interleaved
  /// @param out [sources][frames, audioChannels] interleaved, one after the other
  /// @return kDeviceLost when the device went away
  core::Status forward(std::span<const float> mix, std::span<float> out) {
    return program_->execute(mix, out);
  }
  /// For executions in flight.
  gpu::Program& program() noexcept { return *program_; }

 private:
  HTDemucsGpuRunner() = default;
  core::Status record(Mode mode, bool isTimed, bool isInParts);

  std::shared_ptr<const HTDemucsGpu> model_;
  std::size_t frames_ = 0;
  std::size_t outputSize_ = 0;
  std::unique_ptr<gpu::Program> program_;
};

}  // namespace stemwright::models
