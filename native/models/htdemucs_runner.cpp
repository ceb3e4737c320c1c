#include <algorithm>
#include <cmath>
#include <new>
#include <optional>
#include <string_view>
#include <utility>

#include "core/trace.h"
#include "models/bottleneck.h"
#include "models/htdemucs.h"
#include "models/htdemucs_graph.h"
#include "models/htdemucs_workspace.h"
#include "models/operations.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;
using nn::Activation;

/// How a signal was normalised, so that it can be undone.
struct Level {
  float mean;
  float std;  ///< unbiased
};

Level levelOf(const nn::Moments& moments) {
  const double freedom = std::max(1.0, moments.count - 1.0);
  return {static_cast<float>(moments.mean), static_cast<float>(std::sqrt(moments.m2 / freedom))};
}

constexpr float kLevelEpsilon = 1e-5f;

/// What the transposed convolution puts before the frames that are kept.
std::size_t cropOf(const HTDemucsConfig& config) {
  return config.kernelSize / 4;
}

/// Makes the pool's loops stop at the flag for as long as it lives.
class CancelScope {
 public:
  CancelScope(core::ThreadPool& pool, const core::CancelFlag& cancel) : pool_(pool) {
    pool_.cancelOn(&cancel);
  }
  ~CancelScope() { pool_.cancelOn(nullptr); }
  CancelScope(const CancelScope&) = delete;
  CancelScope& operator=(const CancelScope&) = delete;

 private:
  core::ThreadPool& pool_;
};

/// The analysis of a runner of that shape; none in time-only mode.
core::Result<std::optional<Spectrum>> planSpectrum(const HTDemucs& model, std::size_t frames,
                                                   Mode mode, unsigned threads) {
  if (frames == 0 || threads == 0) {
    return Error{ErrorCode::kInvalidArgument, "a segment needs at least one frame and one thread"};
  }
  if (mode != Mode::kFull) return std::optional<Spectrum>();
  core::Result<Spectrum> made = Spectrum::create(model.config().nfft, frames);
  if (!made.ok()) return made.error();
  return std::optional<Spectrum>(std::move(made).value());
}

std::size_t workspaceSize(const HTDemucs& model, const Dimensions& dims,
                          const std::optional<Spectrum>& spectrum, unsigned threads) {
  core::Arena measure = core::Arena::measure();
  Workspace(measure, model, dims, spectrum ? &*spectrum : nullptr, threads);
  return measure.peak();
}

}  // namespace

struct HTDemucsRunner::State {
  State(std::shared_ptr<const HTDemucs> m, std::size_t length, std::optional<Spectrum> analysis,
        unsigned threads)
      : model(std::move(m)),
        frames(length),
        dims(model->config(), length),
        spectrum(std::move(analysis)),
        arena(workspaceSize(*model, dims, spectrum, threads)),
        work(arena, *model, dims, spectrum ? &*spectrum : nullptr, threads),
        bottleneck(*model, dims, spectrum.has_value()) {}

  const HTDemucs::Graph& graph() const { return model->graph(); }
  const nn::Kernels& kernels() const { return *graph().kernels; }
  float* scratch(unsigned worker) const { return work.scratch + worker * work.scratchSize; }

  void show(std::string_view name, std::size_t index, const float* values, std::size_t count) {
    if (observer) observer(std::string(name) + std::to_string(index), {values, count});
  }
  Status forward(const float* mix, float* out, core::ThreadPool& pool,
                 const core::CancelFlag& cancel);

  Level normalise(const float* x, std::size_t rows, std::size_t cols, float* out,
                  core::ThreadPool& pool) const;
  void encodeTime(std::size_t i, core::ThreadPool& pool);
  void encodeFrequency(std::size_t i, core::ThreadPool& pool);
  void addEmbedding(core::ThreadPool& pool);
  void decodeTime(std::size_t j, core::ThreadPool& pool);
  void decodeFrequency(std::size_t j, core::ThreadPool& pool);
  void writeTime(Level level, float* out, core::ThreadPool& pool) const;

  std::shared_ptr<const HTDemucs> model;
  std::size_t frames;
  Dimensions dims;
  std::optional<Spectrum> spectrum;  ///< empty in time-only mode
  core::Arena arena;
  Workspace work;
  Bottleneck bottleneck;
  Observer observer;
};

/// out = (x - mean) / (epsilon + std) over all of x [rows, cols]; out may be x.
Level HTDemucsRunner::State::normalise(const float* x, std::size_t rows, std::size_t cols,
                                       float* out, core::ThreadPool& pool) const {
  const Level level = levelOf(nn::momentsOf(kernels(), x, cols, rows, cols, pool));
  const float gain = 1.0f / (kLevelEpsilon + level.std);
  constexpr std::size_t kRows = 256;
  pool.parallelFor((rows + kRows - 1) / kRows, [&](std::size_t chunk, unsigned) {
    const std::size_t begin = chunk * kRows * cols;
    const std::size_t count = std::min(kRows * cols, rows * cols - begin);
    kernels().elementwise.scaleOffset(x + begin, gain, -level.mean * gain, out + begin, count);
  });
  return level;
}

void HTDemucsRunner::State::encodeTime(std::size_t i, core::ThreadPool& pool) {
  const core::TraceRegion region("time encoder");
  const TimeEncoderLayer& layer = graph().timeEncoder[i];
  const float* x = i == 0 ? work.wave : work.timeSkips[i - 1];
  const std::size_t length = dims.timeLengths[i + 1];
  layer.conv.forward(x, dims.timeLengths[i], length, work.timeInner,
                     {.activation = Activation::kGelu}, work.scratch, work.scratchSize, pool);
  layer.dconv.wide(work.timeInner, length, work.hidden, work.scratch, work.scratchSize, pool);
  layer.rewrite.forward(work.timeInner, 1, length, work.timeSkips[i],
                        {.activation = Activation::kGlu}, pool);
  show("tencoder.", i, work.timeSkips[i], length * dims.channels[i]);
}

void HTDemucsRunner::State::encodeFrequency(std::size_t i, core::ThreadPool& pool) {
  const core::TraceRegion region("frequency encoder");
  const EncoderLayer& layer = graph().encoder[i];
  const float* x = i == 0 ? work.spectrum : work.skips[i - 1];
  const std::size_t width = dims.columns;
  const std::size_t height = dims.rows[i + 1];
  const std::size_t rowSize = width * dims.channels[i];
  const nn::Epilogue gelu{.activation = Activation::kGelu};
  const nn::Epilogue glu{.activation = Activation::kGlu};
  const std::size_t together = layer.conv.rowsAtOnce();
  const std::size_t groups = (height + together - 1) / together;
  if (fewRows(groups, pool.size())) {
    layer.conv.forward(x, dims.rows[i], width, height, work.inner, gelu, work.scratch,
                       work.scratchSize, pool);
    layer.dconv.rows(work.inner, height, width, work.hidden, work.scratch, work.scratchSize, pool);
    layer.rewrite.forward(work.inner, height, width, work.skips[i], glu, pool);
  } else {
    pool.parallelFor(groups, [&](std::size_t group, unsigned worker) {
      const std::size_t first = group * together;
      const std::size_t count = std::min(together, height - first);
      float* const inner = scratch(worker);
      float* const rest = inner + core::paddedCount<float>(together * rowSize);
      layer.conv.rows(x, dims.rows[i], width, first, count, inner, gelu, rest);
      for (std::size_t row = 0; row < count; ++row) {
        layer.dconv.row(inner + row * rowSize, width, rest);
      }
      layer.rewrite.row(inner, 1, count * width, 0, 0, count * width,
                        work.skips[i] + first * rowSize, glu);
    });
  }
  if (i == 0 && graph().embedding.size() != 0) addEmbedding(pool);
  show("encoder.", i, work.skips[i], height * rowSize);
}

/// Adds each frequency's own vector to all columns of its row.
void HTDemucsRunner::State::addEmbedding(core::ThreadPool& pool) {
  const std::size_t channels = dims.channels[0];
  pool.parallelFor(dims.rows[1], [&](std::size_t row, unsigned) {
    const float* shift = graph().embedding.data() + row * channels;
    for (std::size_t t = 0; t < dims.columns; ++t) {
      float* at = work.skips[0] + (row * dims.columns + t) * channels;
      kernels().elementwise.add(at, shift, at, channels);
    }
  });
}

/// Reads timeSkips[i], where the sum of the skip and what came before already lies, and adds its
/// result to timeSkips[i - 1].
void HTDemucsRunner::State::decodeTime(std::size_t j, core::ThreadPool& pool) {
  const core::TraceRegion region("time decoder");
  const TimeDecoderLayer& layer = graph().timeDecoder[j];
  const std::size_t i = model->config().depth - 1 - j;
  const std::size_t length = dims.timeLengths[i + 1];
  layer.rewrite.forward(work.timeSkips[i], length, length, work.timeInner,
                        {.activation = Activation::kGlu}, work.scratch, work.scratchSize, pool);
  layer.dconv.wide(work.timeInner, length, work.hidden, work.scratch, work.scratchSize, pool);

  const std::size_t outChannels = i == 0 ? dims.sources * dims.audioChannels : dims.channels[i - 1];
  float* kept = i == 0 ? work.timeOut : work.timeSkips[i - 1];
  float* first = kept - cropOf(model->config()) * outChannels;
  nn::Epilogue epilogue;
  if (i != 0) epilogue = {.activation = Activation::kGelu, .residual = first};
  layer.transposed.forward(work.timeInner, length, length + 1, first, epilogue, work.scratch,
                           work.scratchSize, pool);
  show("tdecoder.", j, kept, dims.timeLengths[i] * outChannels);
}

void HTDemucsRunner::State::decodeFrequency(std::size_t j, core::ThreadPool& pool) {
  const core::TraceRegion region("frequency decoder");
  const DecoderLayer& layer = graph().decoder[j];
  const HTDemucsConfig& config = model->config();
  const std::size_t i = config.depth - 1 - j;
  const std::size_t width = dims.columns;
  const std::size_t height = dims.rows[i + 1];
  const std::size_t innerSize = width * dims.channels[i];
  const nn::Epilogue glu{.activation = Activation::kGlu};
  const bool few = fewRows(height, pool.size());
  const bool isFused = !layer.winograd && !few;
  if (layer.winograd) {
    layer.winograd->forward(work.skips[i], height, width, work.inner, work.tiles, work.scratch,
                            work.scratchSize, pool);
  } else if (few) {
    layer.rewrite.forward(work.skips[i], height, width, work.inner, glu, pool);
  }
  if (few) {
    layer.dconv.rows(work.inner, height, width, work.hidden, work.scratch, work.scratchSize, pool);
  } else {
    pool.parallelFor(height, [&](std::size_t row, unsigned worker) {
      float* inner = work.inner + row * innerSize;
      if (isFused) layer.rewrite.row(work.skips[i], height, width, row, 0, width, inner, glu);
      layer.dconv.row(inner, width, scratch(worker));
    });
  }
  float* out = i == 0 ? work.spectrumOut : work.skips[i - 1];
  nn::Epilogue epilogue;
  if (i != 0) epilogue = {.activation = Activation::kGelu, .residual = out};
  layer.transposed.forward(work.inner, height, width, dims.rows[i], out, epilogue, work.scratch,
                           work.scratchSize, pool);
  show("decoder.", j, out, dims.rows[i] * width * layer.transposed.outChannels());
}

void HTDemucsRunner::State::writeTime(Level level, float* out, core::ThreadPool& pool) const {
  const std::size_t channels = dims.audioChannels;
  const std::size_t signals = dims.sources * channels;
  constexpr std::size_t kFrames = 4096;
  pool.parallelFor((frames + kFrames - 1) / kFrames, [&](std::size_t chunk, unsigned) {
    const std::size_t begin = chunk * kFrames;
    const std::size_t count = std::min(frames - begin, kFrames);
    for (std::size_t s = 0; s < signals; ++s) {
      const float* from = work.timeOut + begin * signals + s;
      float* to = out + (s / channels * frames + begin) * channels + s % channels;
      const auto [mean, std] = level;
      for (std::size_t n = 0; n < count; ++n) to[n * channels] = from[n * signals] * std + mean;
    }
  });
}

// Once the flag is raised, loops on the pool do nothing: what is computed from then on is
// discarded.
Status HTDemucsRunner::State::forward(const float* mix, float* out, core::ThreadPool& pool,
                                      const core::CancelFlag& cancel) {
  const CancelScope scope(pool, cancel);
  const std::size_t depth = model->config().depth;
  const std::size_t channels = dims.audioChannels;
  const Level timeLevel = normalise(mix, frames, channels, work.wave, pool);
  for (std::size_t i = 0; i < depth && !cancel.requested(); ++i) encodeTime(i, pool);
  Level level{};
  if (spectrum) {
    spectrum->analyse(mix, channels, work.spectrum, work.padded, work.scratch, pool);
    level =
        normalise(work.spectrum, dims.rows[0], dims.columns * 2 * channels, work.spectrum, pool);
    for (std::size_t i = 0; i < depth && !cancel.requested(); ++i) encodeFrequency(i, pool);
    {
      const core::TraceRegion region("transformer");
      bottleneck.run(work, pool, cancel, observer);
    }
    for (std::size_t j = 0; j < depth && !cancel.requested(); ++j) decodeFrequency(j, pool);
  }
  for (std::size_t j = 0; j < depth && !cancel.requested(); ++j) decodeTime(j, pool);
  writeTime(timeLevel, out, pool);
  if (spectrum) {
    const core::TraceRegion region("inverse spectrum");
    spectrum->synthesise(work.spectrumOut, level.std, level.mean, dims.sources, channels, out,
                         work.scratch, pool);
  }
  if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
  return {};
}

core::Result<std::size_t> HTDemucsRunner::plannedBytes(const HTDemucs& model, std::size_t frames,
                                                       Mode mode, unsigned threads) {
  const auto spectrum = planSpectrum(model, frames, mode, threads);
  if (!spectrum.ok()) return spectrum.error();
  const Dimensions dims(model.config(), frames);
  return workspaceSize(model, dims, spectrum.value(), threads) +
         Bottleneck::plannedBytes(model, dims, mode == Mode::kFull);
}

HTDemucsRunner::HTDemucsRunner(std::unique_ptr<State> state)
    : state_(std::move(state)), claim_(core::MemoryOwner::kWorkspaces, state_->arena.capacity()) {}
HTDemucsRunner::~HTDemucsRunner() = default;

core::Result<std::unique_ptr<HTDemucsRunner>> HTDemucsRunner::create(
    std::shared_ptr<const HTDemucs> model, std::size_t frames, Mode mode, unsigned threads) {
  auto planned = planSpectrum(*model, frames, mode, threads);
  if (!planned.ok()) return planned.error();
  std::optional<Spectrum> spectrum = std::move(planned).value();
  try {
    auto state = std::make_unique<State>(std::move(model), frames, std::move(spectrum), threads);
    return std::unique_ptr<HTDemucsRunner>(new HTDemucsRunner(std::move(state)));
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "not enough memory for a segment of " +
                                         std::to_string(frames) + " frames; use a shorter one"};
  }
}

std::size_t HTDemucsRunner::frames() const noexcept {
  return state_->frames;
}
std::size_t HTDemucsRunner::workspaceBytes() const noexcept {
  return state_->arena.capacity();
}
double HTDemucsRunner::operations() const noexcept {
  return operationsOf(*state_->model, state_->dims,
                      state_->spectrum ? Mode::kFull : Mode::kTimeOnly);
}
bool HTDemucsRunner::rebind(std::shared_ptr<const HTDemucs> model) {
  if (!(model->config() == state_->model->config())) return false;
  state_->bottleneck.rebind(*model);
  state_->model = std::move(model);
  return true;
}
void HTDemucsRunner::observe(Observer observer) {
  state_->observer = std::move(observer);
}
Status HTDemucsRunner::forward(const float* mix, float* out, core::ThreadPool& pool,
                               const core::CancelFlag& cancel) {
  return state_->forward(mix, out, pool, cancel);
}

}  // namespace stemwright::models
