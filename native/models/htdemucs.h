#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/memory_usage.h"
#include "core/result.h"
#include "core/thread_pool.h"
#include "models/htdemucs_config.h"
#include "models/weight_file.h"
#include "nn/kernels.h"

namespace stemwright::models {

enum class Mode {
  kFull,
  /// The time branch alone, with nothing in place of the bottleneck: about three times as fast.
  kTimeOnly,
};

enum class Precision {
  kFp32,
  kBf16,  ///< weights and what they multiply rounded to bf16, everything else in float
};

/// How a model is to be computed.
struct ModelOptions {
  Precision precision = Precision::kFp32;
  nn::NormAlgorithm groupNorm = nn::NormAlgorithm::kWelford;
};

/// A loaded HTDemucs: weights packed once, shared by any number of runners. Immutable.
class HTDemucs {
 public:
  /// Reads and packs every tensor of the graph.
  /// @return kModel, naming what does not fit: a configuration value or a tensor;
  ///         kInvalidArgument for bf16 where the processor does not multiply it
  static core::Result<std::shared_ptr<const HTDemucs>> load(const HTDemucsConfig& config,
                                                            WeightFile weights,
                                                            const ModelOptions& options = {});
  ~HTDemucs();
  HTDemucs(const HTDemucs&) = delete;
  HTDemucs& operator=(const HTDemucs&) = delete;

  const HTDemucsConfig& config() const noexcept { return config_; }
  std::size_t parameters() const noexcept { return parameters_; }
  /// Bytes of the packed weights in memory.
  std::size_t weightBytes() const noexcept { return weightBytes_; }

  struct Graph;
  const Graph& graph() const noexcept { return *graph_; }

 private:
  HTDemucs();
  static std::shared_ptr<const HTDemucs> read(const HTDemucsConfig& config, WeightFile& weights,
                                              const nn::Kernels& kernels);

  HTDemucsConfig config_;
  std::unique_ptr<Graph> graph_;
  std::size_t parameters_ = 0;
  std::size_t weightBytes_ = 0;
  core::MemoryClaim claim_;
};

/// Runs a model on segments of one length. Owns the workspace; one forward at a time.
class HTDemucsRunner {
 public:
  /// Allocates everything that forward() needs.
  /// @param frames  length of a segment; any from 1
  /// @param threads largest pool that forward() will be given
  /// @return kNoRoom when the workspace cannot be had
  static core::Result<std::unique_ptr<HTDemucsRunner>> create(std::shared_ptr<const HTDemucs> model,
                                                              std::size_t frames, Mode mode,
                                                              unsigned threads);
  /// Bytes that create() would allocate, without doing so; what the model itself takes aside.
  static core::Result<std::size_t> plannedBytes(const HTDemucs& model, std::size_t frames,
                                                Mode mode, unsigned threads);
  ~HTDemucsRunner();

  std::size_t frames() const noexcept;
  std::size_t workspaceBytes() const noexcept;
  /// Multiplications and additions of the convolutions, products and attention of one segment.
  double operations() const noexcept;

  /// One segment, exactly as HTDemucs.forward at this length (no padding to the trained one).
  /// @param mix  [frames, audioChannels] interleaved
  /// @param out  [sources][frames, audioChannels] interleaved, one after the other
  /// @return kCancelled when the flag was raised; it is read between layers and within them
  core::Status forward(const float* mix, float* out, core::ThreadPool& pool,
                       const core::CancelFlag& cancel);

  /// Runs another model from now on, in the same workspace: models of a bag take turns.
  /// @return false, and nothing changes, when its configuration is another
  bool rebind(std::shared_ptr<const HTDemucs> model);

  /// Shown what each layer puts out, channels last, under its Demucs name. What is added to it
  /// before the next layer reads it is already in: the frequency embedding in encoder.0, the next
  /// skip in a decoder's.
  using Observer = std::function<void(const std::string& name, std::span<const float> values)>;
  void observe(Observer observer);

 private:
  struct State;
  explicit HTDemucsRunner(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
  core::MemoryClaim claim_;
};

}  // namespace stemwright::models
