// The recording of an HTDemucs for a graphics processor. Private to models/.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "gpu/arena.h"
#include "gpu/ops.h"
#include "models/htdemucs_gpu.h"
#include "models/htdemucs_gpu_graph.h"
#include "models/htdemucs_workspace.h"

namespace stemwright::models {

/// Thrown where the device has no room and caught by HTDemucsGpuRunner, nowhere else.
struct GpuRoomFault {
  core::Error error;
};

/// Records a forward pass into dispatches, with the buffers that they need.
class GpuRecorder {
 public:
  GpuRecorder(const HTDemucsGpu& model, std::size_t frames, Mode mode, bool isInParts)
      : isInParts_(isInParts),
        model_(model),
        graph_(model.graph()),
        config_(model.config()),
        ops_(model.device(), model.storage()),
        dims_(config_, frames),
        frames_(frames),
        isFull_(mode == Mode::kFull) {}

  /// May be called once. Throws GpuRoomFault.
  gpu::Recording record();
  std::size_t inputBytes() const { return frames_ * config_.audioChannels * sizeof(float); }
  std::size_t outputBytes() const { return inputBytes() * dims_.sources; }

 private:
  /// The axis along which a branch convolves within a layer; the time branch is a column of rows.
  struct Axis {
    std::string name;       ///< of its layers: "" or "t"
    std::size_t batch;      ///< rows that a residual branch takes apart
    std::size_t positions;  ///< of each
    bool isAlongHeight;
  };
  /// Buffers that one branch uses within a layer.
  struct Scratch {
    gpu::Binding inner;
    gpu::Binding hidden;
    gpu::Binding expanded;
    gpu::Binding parts;
    gpu::Binding stats;
  };

  void floats(gpu::Binding& to, std::size_t count, unsigned phases) {
    arena_.add(to, count * sizeof(float), phases);
  }
  void stored(gpu::Binding& to, std::size_t count, unsigned phases) {
    arena_.add(to, count * gpu::bytesOf(model_.storage()), phases);
  }
  /// Of `rows` from `first` on, of a buffer of rows of so many values.
  gpu::Binding rowsOf(const gpu::Binding& of, std::size_t first, std::size_t rows,
                      std::size_t width) const {
    gpu::Binding part = of;
    const std::size_t bytes = width * gpu::bytesOf(model_.storage());
    part.offset += first * bytes;
    part.bytes = rows * bytes;
    return part;
  }
  /// Beside each other unless memory is short: then their scratch shares its place.
  unsigned encoding(bool isTime) const;
  unsigned decoding(bool isTime) const;
  void join(gpu::Recording& to, gpu::Recording frequency, gpu::Recording time) const {
    if (!isInParts_) return to.addBoth(std::move(frequency), std::move(time));
    to.append(std::move(frequency));
    to.append(std::move(time));
  }

  void allocate();
  void allocateTokens();
  void scratchFor(bool isTime, Scratch& scratch);
  Axis axisOf(bool isTime, std::size_t level) const;
  std::size_t sliceOf(const Axis& axis) const;
  void normalise(gpu::Recording& to, const std::string& name, const gpu::Binding& x,
                 std::size_t count, std::size_t channels, const gpu::Binding& stats,
                 const gpu::Binding& parts, const gpu::Binding& y) const;
  void groupStats(gpu::Recording& to, const std::string& name, const gpu::Binding& x,
                  std::size_t batch, std::size_t rows, std::size_t channels,
                  const Scratch& scratch) const;
  void dconv(gpu::Recording& to, const GpuDConv& layers, const std::string& name, const Axis& axis,
             std::size_t channels, const Scratch& scratch) const;
  gpu::Recording encode(bool isTime, std::size_t i) const;
  gpu::Recording decode(bool isTime, std::size_t j) const;
  gpu::Recording enter(bool isTime) const;
  gpu::Recording leave(bool isTime) const;
  gpu::Recording attend(bool isTime, std::size_t index) const;
  void bottleneck(gpu::Recording& to);
  gpu::Recording analyse() const;
  void finish(gpu::Recording& to) const;

  const bool isInParts_;
  gpu::Arena arena_;
  const HTDemucsGpu& model_;
  const HTDemucsGpu::Graph& graph_;
  const HTDemucsConfig& config_;
  const gpu::Ops ops_;
  const Dimensions dims_;
  const std::size_t frames_;
  const bool isFull_;

  Scratch scratch_, timeScratch_;
  gpu::Binding wave_, timeStats_, spectrumRaw_, spectrum_, levelStats_;
  std::vector<gpu::Binding> skips_, timeSkips_;
  gpu::Binding timeOut_, spectrumOut_, pieces_;

  /// Of one branch of the transformer.
  struct Tokens {
    std::size_t count = 0;
    gpu::Binding values, positions, queries, memory, projected, keyValue, joined, feedForward;
    gpu::Binding parts, stats;
  };
  Tokens tokens_, timeTokens_;
};

}  // namespace stemwright::models
