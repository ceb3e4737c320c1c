#include <algorithm>
#include <utility>

#include "gpu/arena.h"
#include "models/htdemucs_gpu.h"
#include "models/htdemucs_gpu_graph.h"
#include "models/htdemucs_workspace.h"
#include "models/positions.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using gpu::Activation;
using gpu::Binding;
using gpu::Recording;

/// Thrown where the device has no room and caught in create(), nowhere else.
struct RoomFault {
  Error error;
};

/// When a buffer's contents are needed.
enum Phase : unsigned {
  kEncode = 1,      ///< of the frequency branch, or of both beside each other
  kEncodeTime = 2,  ///< of the time branch after it
  kTransform = 4,
  kDecode = 8,
  kDecodeTime = 16,
  kFinish = 32,
  kAlways = 63,
};

/// Rows of the frequency branch at a time where memory is short: offsets of any row that is a
/// multiple of it are aligned, in halves too.
constexpr std::size_t kSlice = 128;

/// What the transposed convolution puts before the frames that are kept.
constexpr std::size_t kCrop = 2;

std::uint32_t u32(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}

/// The axis along which a branch convolves within a layer; the time branch is a column of rows.
struct Axis {
  std::string name;       ///< of its layers: "" or "t"
  std::size_t batch;      ///< rows that a residual branch takes apart
  std::size_t positions;  ///< of each
  bool isAlongHeight;
};

/// Buffers that one branch uses within a layer.
struct Scratch {
  Binding inner;
  Binding hidden;
  Binding expanded;
  Binding parts;
  Binding stats;
};

class Recorder {
 public:
  Recorder(const HTDemucsGpu& model, std::size_t frames, Mode mode, bool isInParts)
      : isInParts_(isInParts),
        model_(model),
        graph_(model.graph()),
        config_(model.config()),
        ops_(model.device(), model.storage()),
        dims_(config_, frames),
        frames_(frames),
        isFull_(mode == Mode::kFull) {}

  /// May be called once.
  Recording record();
  std::size_t inputBytes() const { return frames_ * config_.audioChannels * sizeof(float); }
  std::size_t outputBytes() const { return inputBytes() * dims_.sources; }

 private:
  void floats(Binding& to, std::size_t count, unsigned phases) {
    arena_.add(to, count * sizeof(float), phases);
  }
  void stored(Binding& to, std::size_t count, unsigned phases) {
    arena_.add(to, count * gpu::bytesOf(model_.storage()), phases);
  }
  /// Of `rows` from `first` on, of a buffer of rows of so many values.
  Binding rowsOf(const Binding& of, std::size_t first, std::size_t rows, std::size_t width) const {
    Binding part = of;
    const std::size_t bytes = width * gpu::bytesOf(model_.storage());
    part.offset += first * bytes;
    part.bytes = rows * bytes;
    return part;
  }
  /// Beside each other unless memory is short: then their scratch shares its place.
  unsigned encoding(bool isTime) const { return isTime && isInParts_ ? kEncodeTime : kEncode; }
  unsigned decoding(bool isTime) const { return isTime && isInParts_ ? kDecodeTime : kDecode; }
  void join(Recording& to, Recording frequency, Recording time) const {
    if (!isInParts_) return to.addBoth(std::move(frequency), std::move(time));
    to.append(std::move(frequency));
    to.append(std::move(time));
  }

  void allocate();
  void allocateTokens();
  void scratchFor(bool isTime, Scratch& scratch);
  Axis axisOf(bool isTime, std::size_t level) const;
  std::size_t sliceOf(const Axis& axis) const;
  void normalise(Recording& to, const std::string& name, const Binding& x, std::size_t count,
                 std::size_t channels, const Binding& stats, const Binding& parts,
                 const Binding& y) const;
  void groupStats(Recording& to, const std::string& name, const Binding& x, std::size_t batch,
                  std::size_t rows, std::size_t channels, const Scratch& scratch) const;
  void dconv(Recording& to, const GpuDConv& layers, const std::string& name, const Axis& axis,
             std::size_t channels, const Scratch& scratch) const;
  Recording encode(bool isTime, std::size_t i) const;
  Recording decode(bool isTime, std::size_t j) const;
  Recording enter(bool isTime) const;
  Recording leave(bool isTime) const;
  Recording attend(bool isTime, std::size_t index) const;
  void bottleneck(Recording& to);
  Recording analyse() const;
  void finish(Recording& to) const;

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
  Binding wave_, timeStats_, spectrumRaw_, spectrum_, levelStats_;
  std::vector<Binding> skips_, timeSkips_;
  Binding timeOut_, spectrumOut_, pieces_;

  /// Of one branch of the transformer.
  struct Tokens {
    std::size_t count = 0;
    Binding values, positions, queries, memory, projected, keyValue, joined, feedForward;
    Binding parts, stats;
  };
  Tokens tokens_, timeTokens_;
};

/// Rows whose expansion is there at a time. Rows of the frequency branch are normalised apart.
std::size_t Recorder::sliceOf(const Axis& axis) const {
  return isInParts_ && !axis.isAlongHeight ? std::min(axis.batch, kSlice) : axis.batch;
}

Axis Recorder::axisOf(bool isTime, std::size_t level) const {
  if (isTime) return {"t", 1, dims_.timeLengths[level + 1], true};
  return {"", dims_.rows[level + 1], dims_.columns, false};
}

void Recorder::scratchFor(bool isTime, Scratch& scratch) {
  std::size_t inner = 0, hidden = 0, expanded = 0, parts = 1, stats = 1;
  const bool hasDConv = config_.dconvMode != 0;
  for (std::size_t i = 0; i < config_.depth; ++i) {
    const Axis axis = axisOf(isTime, i);
    const std::size_t channels = dims_.channels[i];
    const std::size_t narrow = hasDConv ? channels / config_.dconvCompression : 1;
    const std::size_t positions = axis.batch * axis.positions;
    inner = std::max(inner, positions * channels);
    hidden = std::max(hidden, positions * narrow);
    expanded = std::max(expanded, sliceOf(axis) * axis.positions * 2 * channels);
    stats = std::max(stats, axis.batch);
    for (const std::size_t width : {narrow, 2 * channels}) {
      parts = std::max(parts, axis.batch * gpu::momentsBlocks(axis.positions, width, 1));
    }
  }
  const unsigned phases = encoding(isTime) | decoding(isTime);
  stored(scratch.inner, inner, phases);
  if (hasDConv) {
    stored(scratch.hidden, hidden, phases);
    stored(scratch.expanded, expanded, phases);
  }
  const std::size_t signal =
      isTime ? gpu::momentsBlocks(frames_, dims_.audioChannels, 1)
             : gpu::momentsBlocks(dims_.rows[0] * dims_.columns, 2 * dims_.audioChannels, 1);
  floats(scratch.parts, 4 * std::max(parts, signal), phases);
  floats(scratch.stats, 4 * stats, phases);
}

void Recorder::allocate() {
  const std::size_t depth = config_.depth;
  constexpr unsigned kSkip = kAlways & ~kFinish;
  scratchFor(true, timeScratch_);
  floats(timeStats_, 4, kAlways);
  stored(wave_, frames_ * dims_.audioChannels, kEncode | kEncodeTime);
  timeSkips_.resize(depth);
  skips_.resize(depth);
  for (std::size_t i = 0; i < depth; ++i) {
    stored(timeSkips_[i], dims_.timeLengths[i + 1] * dims_.channels[i], kSkip);
    if (isFull_) {
      stored(skips_[i], dims_.rows[i + 1] * dims_.columns * dims_.channels[i], kSkip);
    }
  }
  const std::size_t signals = dims_.sources * dims_.audioChannels;
  stored(timeOut_, frames_ * signals, decoding(true) | kFinish);
  if (isFull_) {
    scratchFor(false, scratch_);
    floats(levelStats_, 4, kAlways);
    const std::size_t cells = dims_.rows[0] * dims_.columns;
    floats(spectrumRaw_, cells * 2 * dims_.audioChannels, kEncode);
    stored(spectrum_, cells * 2 * dims_.audioChannels, kEncode);
    stored(spectrumOut_, cells * 2 * signals, kDecode | kDecodeTime | kFinish);
    floats(pieces_, signals * dims_.columns * config_.nfft, kFinish);
    if (graph_.dim != 0) allocateTokens();
  }
  const core::Status status = arena_.allocate(model_.device());
  if (!status.ok()) throw RoomFault{status.error()};
}

void Recorder::allocateTokens() {
  const std::size_t dim = graph_.dim;
  tokens_.count = dims_.rows[config_.depth] * dims_.columns;
  timeTokens_.count = dims_.timeLengths[config_.depth];
  const core::Tensor grid = gridEmbedding(dims_.rows[config_.depth], dims_.columns, dim, config_);
  const core::Tensor line = timeEmbedding(timeTokens_.count, dim, config_);
  for (Tokens* branch : {&tokens_, &timeTokens_}) {
    const std::size_t other = branch == &tokens_ ? timeTokens_.count : tokens_.count;
    auto positions = gpu::uploadValues(
        model_.device(), branch == &tokens_ ? grid.span() : line.span(), gpu::Storage::kFloat);
    if (!positions.ok()) throw RoomFault{positions.error()};
    branch->positions = std::move(positions).value();
    stored(branch->values, branch->count * dim, kTransform);
    stored(branch->queries, branch->count * dim, kTransform);
    stored(branch->memory, other * dim, kTransform);
    stored(branch->projected, branch->count * 3 * dim, kTransform);
    stored(branch->keyValue, other * 2 * dim, kTransform);
    stored(branch->joined, branch->count * dim, kTransform);
    stored(branch->feedForward, branch->count * graph_.hidden, kTransform);
    floats(branch->parts, 4 * gpu::momentsBlocks(branch->count, dim, 1), kTransform);
    floats(branch->stats, 4, kTransform);
  }
}

/// y = (x - mean) / (epsilon + deviation) of a whole float signal.
void Recorder::normalise(Recording& to, const std::string& name, const Binding& x,
                         std::size_t count, std::size_t channels, const Binding& stats,
                         const Binding& parts, const Binding& y) const {
  to.append(ops_.moments({.label = name + " level",
                          .x = x,
                          .parts = parts,
                          .stats = stats,
                          .rows = count,
                          .channels = channels,
                          .isLevel = true,
                          .isFloat = true}));
  to.add(ops_.norm({.label = name + " normalised",
                    .x = x,
                    .stats = stats,
                    .y = y,
                    .rows = count,
                    .channels = channels,
                    .after = NORM_LEVEL,
                    .isFloat = true}));
}

void Recorder::groupStats(Recording& to, const std::string& name, const Binding& x,
                          std::size_t batch, std::size_t rows, std::size_t channels,
                          const Scratch& scratch) const {
  to.append(ops_.moments({.label = name,
                          .x = x,
                          .parts = scratch.parts,
                          .stats = scratch.stats,
                          .batch = batch,
                          .rows = rows,
                          .channels = channels,
                          .algorithm = graph_.groupNorm}));
}

/// scratch.inner += each layer's branch.
void Recorder::dconv(Recording& to, const GpuDConv& layers, const std::string& name,
                     const Axis& axis, std::size_t channels, const Scratch& scratch) const {
  for (std::size_t d = 0; d < layers.size(); ++d) {
    const GpuDConvLayer& layer = layers[d];
    const std::string at = name + ".dconv." + std::to_string(d);
    const std::size_t dilation = std::size_t{1} << d;
    const std::size_t height = axis.isAlongHeight ? axis.positions : axis.batch;
    const std::size_t width = axis.isAlongHeight ? 1 : axis.positions;
    const std::size_t narrow = layer.squeeze.columns;
    gpu::ConvCall squeeze{.label = at + ".squeeze",
                          .x = scratch.inner,
                          .weight = &layer.squeeze,
                          .inChannels = channels,
                          .inHeight = height,
                          .inWidth = width,
                          .outHeight = height,
                          .outWidth = width,
                          .y = scratch.hidden};
    (axis.isAlongHeight ? squeeze.kernelHeight : squeeze.kernelWidth) = 3;
    (axis.isAlongHeight ? squeeze.dilationHeight : squeeze.dilationWidth) = dilation;
    (axis.isAlongHeight ? squeeze.paddingHeight : squeeze.paddingWidth) = dilation;
    to.add(ops_.conv(squeeze));
    groupStats(to, at + ".moments", scratch.hidden, axis.batch, axis.positions, narrow, scratch);
    gpu::NormCall norm{.label = at + ".norm",
                       .x = scratch.hidden,
                       .stats = scratch.stats,
                       .weight = layer.squeezeNorm.weight,
                       .bias = layer.squeezeNorm.bias,
                       .y = scratch.hidden,
                       .batch = axis.batch,
                       .rows = axis.positions,
                       .channels = narrow,
                       .after = NORM_GELU};
    to.add(ops_.norm(norm));
    norm.label = at + ".gated sum";
    norm.x = scratch.expanded;
    norm.weight = layer.expandNorm.weight;
    norm.bias = layer.expandNorm.bias;
    norm.scale = layer.scale;
    norm.channels = 2 * channels;
    norm.after = NORM_GLU_ADD;
    const std::size_t slice = sliceOf(axis);
    for (std::size_t first = 0; first < axis.batch; first += slice) {
      norm.batch = std::min(slice, axis.batch - first);
      const std::size_t positions = norm.batch * axis.positions;
      to.add(ops_.linear(at + ".expand",
                         rowsOf(scratch.hidden, first, norm.batch, axis.positions * narrow),
                         layer.expand, positions, Activation::kNone, {}, {}, scratch.expanded));
      groupStats(to, at + ".moments wide", scratch.expanded, norm.batch, axis.positions,
                 2 * channels, scratch);
      norm.y = rowsOf(scratch.inner, first, norm.batch, axis.positions * channels);
      to.add(ops_.norm(norm));
    }
  }
}

Recording Recorder::encode(bool isTime, std::size_t i) const {
  const GpuEncoderLayer& layer = isTime ? graph_.timeEncoder[i] : graph_.encoder[i];
  const Scratch& scratch = isTime ? timeScratch_ : scratch_;
  const std::vector<Binding>& skips = isTime ? timeSkips_ : skips_;
  const Axis axis = axisOf(isTime, i);
  const std::string name = axis.name + "encoder." + std::to_string(i);
  const std::size_t first = isTime ? dims_.audioChannels : 2 * dims_.audioChannels;
  const std::size_t width = isTime ? 1 : dims_.columns;
  const std::size_t outHeight = isTime ? dims_.timeLengths[i + 1] : dims_.rows[i + 1];
  Recording recording;
  recording.add(ops_.conv({.label = name + ".conv",
                           .x = i != 0   ? skips[i - 1]
                                : isTime ? wave_
                                         : spectrum_,
                           .weight = &layer.conv,
                           .inChannels = i == 0 ? first : dims_.channels[i - 1],
                           .inHeight = isTime ? dims_.timeLengths[i] : dims_.rows[i],
                           .inWidth = width,
                           .outHeight = outHeight,
                           .outWidth = width,
                           .kernelHeight = config_.kernelSize,
                           .strideHeight = config_.stride,
                           .paddingHeight = config_.kernelSize / 4,
                           .activation = Activation::kGelu,
                           .y = scratch.inner}));
  dconv(recording, layer.dconv, name, axis, dims_.channels[i], scratch);
  const bool hasEmbedding = !isTime && i == 0 && graph_.embedding.buffer;
  recording.add(ops_.conv({.label = name + ".rewrite",
                           .x = scratch.inner,
                           .weight = &layer.rewrite,
                           .inChannels = dims_.channels[i],
                           .inHeight = outHeight,
                           .inWidth = width,
                           .outHeight = outHeight,
                           .outWidth = width,
                           .activation = Activation::kGlu,
                           .residual = hasEmbedding ? graph_.embedding : Binding{},
                           .isRowResidual = true,
                           .y = skips[i]}));
  return recording;
}

/// Reads the skip of its level, where what came before already is in, and adds to the one above.
Recording Recorder::decode(bool isTime, std::size_t j) const {
  const GpuDecoderLayer& layer = isTime ? graph_.timeDecoder[j] : graph_.decoder[j];
  const Scratch& scratch = isTime ? timeScratch_ : scratch_;
  const std::vector<Binding>& skips = isTime ? timeSkips_ : skips_;
  const std::size_t i = config_.depth - 1 - j;
  const Axis axis = axisOf(isTime, i);
  const std::string name = axis.name + "decoder." + std::to_string(j);
  const std::size_t width = isTime ? 1 : dims_.columns;
  const std::size_t height = isTime ? dims_.timeLengths[i + 1] : dims_.rows[i + 1];
  const std::size_t channels = dims_.channels[i];
  Recording recording;
  recording.add(ops_.conv({.label = name + ".rewrite",
                           .x = skips[i],
                           .weight = &layer.rewrite,
                           .inChannels = channels,
                           .inHeight = height,
                           .inWidth = width,
                           .outHeight = height,
                           .outWidth = width,
                           .kernelHeight = 3,
                           .kernelWidth = isTime ? 1u : 3u,
                           .paddingHeight = 1,
                           .paddingWidth = isTime ? 0u : 1u,
                           .activation = Activation::kGlu,
                           .y = scratch.inner}));
  dconv(recording, layer.dconv, name, axis, channels, scratch);
  gpu::ConvCall transposed{.label = name + ".conv_tr",
                           .x = scratch.inner,
                           .weight = &layer.transposed,
                           .inChannels = channels,
                           .inHeight = height,
                           .inWidth = width,
                           .outHeight = height + 1,
                           .outWidth = width,
                           .kernelHeight = config_.kernelSize / config_.stride,
                           .paddingHeight = 1,
                           .phases = config_.stride,
                           .crop = kCrop,
                           .keptRows = isTime ? dims_.timeLengths[i] : dims_.rows[i],
                           .y = isTime ? timeOut_ : spectrumOut_};
  if (i != 0) {
    transposed.activation = Activation::kGelu;
    transposed.residual = skips[i - 1];
    transposed.y = skips[i - 1];
  }
  recording.add(ops_.conv(transposed));
  return recording;
}

Recording Recorder::enter(bool isTime) const {
  const Tokens& branch = isTime ? timeTokens_ : tokens_;
  const std::optional<gpu::Weight>& up = isTime ? graph_.timeUpsampler : graph_.upsampler;
  const GpuAffine& norm = isTime ? graph_.timeNormIn : graph_.normIn;
  const std::string name = isTime ? "transformer.t" : "transformer.";
  Binding x = isTime ? timeSkips_.back() : skips_.back();
  Recording recording;
  if (up) {
    recording.add(
        ops_.linear(name + "up", x, *up, branch.count, Activation::kNone, {}, {}, branch.queries));
    x = branch.queries;
  }
  recording.add(ops_.layerNorm(name + "norm_in", x, norm.weight, norm.bias, branch.positions,
                               branch.values, branch.count, graph_.dim));
  return recording;
}

Recording Recorder::leave(bool isTime) const {
  const Tokens& branch = isTime ? timeTokens_ : tokens_;
  const std::optional<gpu::Weight>& down = isTime ? graph_.timeDownsampler : graph_.downsampler;
  const Binding& skip = isTime ? timeSkips_.back() : skips_.back();
  const std::string name = isTime ? "transformer.tdown" : "transformer.down";
  Recording recording;
  if (down) {
    recording.add(
        ops_.linear(name, branch.values, *down, branch.count, Activation::kNone, {}, skip, skip));
  } else {
    recording.add(ops_.add(name, skip, branch.values, skip, branch.count * graph_.dim));
  }
  return recording;
}

/// One branch's layer: attention, feed-forward, norm. Cross-attention finds branch.memory made.
Recording Recorder::attend(bool isTime, std::size_t index) const {
  const GpuTransformerLayer& layer = isTime ? graph_.timeLayers[index] : graph_.layers[index];
  const Tokens& branch = isTime ? timeTokens_ : tokens_;
  const std::size_t dim = graph_.dim;
  const std::size_t count = branch.count;
  const std::size_t keys = !layer.cross ? count : isTime ? tokens_.count : timeTokens_.count;
  const std::string name =
      std::string("transformer.") + (isTime ? "t" : "") + std::to_string(index) + ".";
  Recording recording;
  recording.add(ops_.layerNorm(name + "norm1", branch.values, layer.norm1.weight, layer.norm1.bias,
                               {}, branch.queries, count, dim));
  recording.add(ops_.linear(name + "query", branch.queries, layer.query, count, Activation::kNone,
                            {}, {}, branch.projected));
  if (layer.cross) {
    recording.addBeside(ops_.linear(name + "key value", branch.memory, layer.keyValue, keys,
                                    Activation::kNone, {}, {}, branch.keyValue));
  }
  recording.add(ops_.attention({.label = name + "attention",
                                .query = branch.projected,
                                .memory = layer.cross ? branch.keyValue : branch.projected,
                                .y = branch.joined,
                                .queries = count,
                                .keys = keys,
                                .heads = config_.transformerHeads,
                                .width = dim / config_.transformerHeads,
                                .queryStride = layer.cross ? dim : 3 * dim,
                                .keyStride = layer.cross ? 2 * dim : 3 * dim,
                                .keyOffset = layer.cross ? 0 : dim,
                                .valueOffset = layer.cross ? dim : 2 * dim}));
  recording.add(ops_.linear(name + "output", branch.joined, layer.output, count, Activation::kNone,
                            layer.gamma1, branch.values, branch.values));
  recording.add(ops_.layerNorm(name + "norm2", branch.values, layer.normFeedForward.weight,
                               layer.normFeedForward.bias, {}, branch.queries, count, dim));
  recording.add(ops_.linear(name + "linear1", branch.queries, layer.linear1, count,
                            Activation::kGelu, {}, {}, branch.feedForward));
  recording.add(ops_.linear(name + "linear2", branch.feedForward, layer.linear2, count,
                            Activation::kNone, layer.gamma2, branch.values, branch.values));
  recording.append(ops_.moments({.label = name + "norm_out.moments",
                                 .x = branch.values,
                                 .parts = branch.parts,
                                 .stats = branch.stats,
                                 .rows = count,
                                 .channels = dim,
                                 .algorithm = graph_.groupNorm}));
  recording.add(ops_.norm({.label = name + "norm_out",
                           .x = branch.values,
                           .stats = branch.stats,
                           .weight = layer.normOut.weight,
                           .bias = layer.normOut.bias,
                           .y = branch.values,
                           .rows = count,
                           .channels = dim}));
  return recording;
}

void Recorder::bottleneck(Recording& to) {
  if (graph_.dim == 0) {
    // Without a transformer the deepest layer meets its own output as the skip.
    for (const bool isTime : {false, true}) {
      const Binding& x = isTime ? timeSkips_.back() : skips_.back();
      to.add(ops_.add("twice", x, x, x, x.bytes / gpu::bytesOf(model_.storage())));
    }
    return;
  }
  to.addBoth(enter(false), enter(true));
  for (std::size_t i = 0; i < graph_.layers.size(); ++i) {
    if (graph_.layers[i].cross) {
      // Both branches look at the other as it was before the layer.
      const auto memory = [&](const GpuAffine& norm, const Tokens& from, const Tokens& into) {
        return ops_.layerNorm("transformer.memory", from.values, norm.weight, norm.bias, {},
                              into.memory, from.count, graph_.dim);
      };
      to.add(memory(graph_.layers[i].normMemory, timeTokens_, tokens_));
      to.addBeside(memory(graph_.timeLayers[i].normMemory, tokens_, timeTokens_));
    }
    to.addBoth(attend(false, i), attend(true, i));
  }
  to.addBoth(leave(false), leave(true));
}

/// The spectrogram of the input, as models/spectrum.h states it.
Recording Recorder::analyse() const {
  const std::size_t hop = config_.nfft / 4;
  const std::size_t left = hop / 2 * 3;
  const std::size_t right = left + dims_.columns * hop - frames_;
  const std::size_t longest = std::max(left, right);
  const std::size_t missing = frames_ <= longest ? longest - frames_ + 1 : 0;
  gpu::StftArgs args;
  args.size = u32(config_.nfft);
  args.hop = u32(hop);
  args.frames = u32(dims_.columns);
  args.signals = u32(dims_.audioChannels);
  args.samples = u32(frames_);
  args.sampleStride = u32(dims_.audioChannels);
  args.left = u32(left);
  args.zerosRight = u32(std::min(right, missing));
  args.zerosLeft = u32(missing) - args.zerosRight;
  args.bins = u32(dims_.rows[0]);
  args.binStride = u32(dims_.columns * dims_.audioChannels);
  args.frameStride = u32(dims_.audioChannels);
  args.signalStride = 1;
  args.twiddleStride = 1;
  Recording recording;
  recording.add(ops_.stft("stft", Binding::input(inputBytes()), graph_.fft->twiddles(),
                          graph_.analysisWindow, spectrumRaw_, args));
  normalise(recording, "spectrum", spectrumRaw_, dims_.rows[0] * dims_.columns,
            2 * dims_.audioChannels, levelStats_, scratch_.parts, spectrum_);
  return recording;
}

void Recorder::finish(Recording& to) const {
  const std::size_t signals = dims_.sources * dims_.audioChannels;
  gpu::OverlapAddArgs add;
  add.size = u32(config_.nfft);
  add.hop = u32(config_.nfft / 4);
  add.frames = u32(dims_.columns);
  add.signals = u32(signals);
  add.channels = u32(dims_.audioChannels);
  add.samples = u32(frames_);
  add.lead = u32(config_.nfft / 8 * 3);
  add.hasBranch = 1;
  if (isFull_) {
    gpu::IstftArgs args;
    args.size = u32(config_.nfft);
    args.frames = u32(dims_.columns);
    args.signals = u32(signals);
    args.bins = u32(dims_.rows[0]);
    args.binStride = u32(dims_.columns * signals);
    args.frameStride = u32(signals);
    args.signalStride = 1;
    args.twiddleStride = 1;
    args.hasLevel = 1;
    to.add(ops_.istft("istft", spectrumOut_, graph_.fft->twiddles(), graph_.synthesisWindow,
                      levelStats_, pieces_, args));
    add.hasFrames = 1;
  }
  to.add(ops_.overlapAdd("overlap-add", pieces_, timeOut_, timeStats_,
                         Binding::output(outputBytes()), add));
}

Recording Recorder::record() {
  allocate();
  Recording time;
  normalise(time, "wave", Binding::input(inputBytes()), frames_, dims_.audioChannels, timeStats_,
            timeScratch_.parts, wave_);
  for (std::size_t i = 0; i < config_.depth; ++i) time.append(encode(true, i));
  Recording all;
  if (isFull_) {
    Recording frequency = analyse();
    for (std::size_t i = 0; i < config_.depth; ++i) frequency.append(encode(false, i));
    join(all, std::move(frequency), std::move(time));
    bottleneck(all);
  } else {
    all = std::move(time);
  }
  Recording timeBack;
  for (std::size_t j = 0; j < config_.depth; ++j) timeBack.append(decode(true, j));
  Recording back;
  for (std::size_t j = 0; isFull_ && j < config_.depth; ++j) back.append(decode(false, j));
  join(all, std::move(back), std::move(timeBack));
  finish(all);
  return all;
}

}  // namespace

core::Status HTDemucsGpuRunner::record(Mode mode, bool isTimed, bool isInParts) {
  try {
    Recorder recorder(*model_, frames_, mode, isInParts);
    const Recording recording = recorder.record();
    auto program =
        model_->device().compile(recording, {.inputBytes = recorder.inputBytes(),
                                             .outputBytes = recorder.outputBytes(),
                                             .isTimed = isTimed,
                                             .slots = isInParts ? 1 : gpu::Program::kSlots});
    if (!program.ok()) return program.error();
    outputSize_ = recorder.outputBytes() / sizeof(float);
    program_ = std::move(program).value();
    return {};
  } catch (const RoomFault& fault) {
    return fault.error;
  }
}

core::Result<std::unique_ptr<HTDemucsGpuRunner>> HTDemucsGpuRunner::create(
    std::shared_ptr<const HTDemucsGpu> model, std::size_t frames, Mode mode, bool isTimed,
    bool isInParts) {
  if (frames == 0) {
    return Error{ErrorCode::kInvalidArgument, "a segment needs at least one frame"};
  }
  try {
    std::unique_ptr<HTDemucsGpuRunner> runner(new HTDemucsGpuRunner);
    runner->frames_ = frames;
    runner->model_ = std::move(model);
    core::Status status = runner->record(mode, isTimed, isInParts);
    // Less at a time, and one execution in flight instead of three.
    if (!status.ok() && status.error().code == ErrorCode::kNoRoom && !isInParts) {
      status = runner->record(mode, isTimed, true);
    }
    STEMWRIGHT_TRY(status);
    return runner;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "not enough memory to record a segment"};
  }
}

}  // namespace stemwright::models
