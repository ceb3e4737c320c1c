#include "models/htdemucs_gpu_recorder.h"

#include <algorithm>

#include "models/positions.h"

namespace stemwright::models {
namespace {

using gpu::Binding;
using gpu::Recording;

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

std::uint32_t u32(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}

}  // namespace

unsigned GpuRecorder::encoding(bool isTime) const {
  return isTime && isInParts_ ? kEncodeTime : kEncode;
}

unsigned GpuRecorder::decoding(bool isTime) const {
  return isTime && isInParts_ ? kDecodeTime : kDecode;
}

/// Rows whose expansion is there at a time. Rows of the frequency branch are normalised apart.
std::size_t GpuRecorder::sliceOf(const Axis& axis) const {
  return isInParts_ && !axis.isAlongHeight ? std::min(axis.batch, kSlice) : axis.batch;
}

GpuRecorder::Axis GpuRecorder::axisOf(bool isTime, std::size_t level) const {
  if (isTime) return {"t", 1, dims_.timeLengths[level + 1], true};
  return {"", dims_.rows[level + 1], dims_.columns, false};
}

void GpuRecorder::scratchFor(bool isTime, Scratch& scratch) {
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

void GpuRecorder::allocate() {
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
  if (!status.ok()) throw GpuRoomFault{status.error()};
}

void GpuRecorder::allocateTokens() {
  const std::size_t dim = graph_.dim;
  tokens_.count = dims_.rows[config_.depth] * dims_.columns;
  timeTokens_.count = dims_.timeLengths[config_.depth];
  const core::Tensor grid = gridEmbedding(dims_.rows[config_.depth], dims_.columns, dim, config_);
  const core::Tensor line = timeEmbedding(timeTokens_.count, dim, config_);
  for (Tokens* branch : {&tokens_, &timeTokens_}) {
    const std::size_t other = branch == &tokens_ ? timeTokens_.count : tokens_.count;
    auto positions = gpu::uploadValues(
        model_.device(), branch == &tokens_ ? grid.span() : line.span(), gpu::Storage::kFloat);
    if (!positions.ok()) throw GpuRoomFault{positions.error()};
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
void GpuRecorder::normalise(Recording& to, const std::string& name, const Binding& x,
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

/// The spectrogram of the input, as models/spectrum.h states it.
Recording GpuRecorder::analyse() const {
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

void GpuRecorder::finish(Recording& to) const {
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

Recording GpuRecorder::record() {
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

}  // namespace stemwright::models
