// Encoders and decoders of both branches.
#include <algorithm>

#include "models/htdemucs_gpu_recorder.h"

namespace stemwright::models {
namespace {

using gpu::Activation;
using gpu::Binding;
using gpu::Recording;

/// What the transposed convolution puts before the frames that are kept.
constexpr std::size_t kCrop = 2;

}  // namespace

void GpuRecorder::groupStats(Recording& to, const std::string& name, const Binding& x,
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
void GpuRecorder::dconv(Recording& to, const GpuDConv& layers, const std::string& name,
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

Recording GpuRecorder::encode(bool isTime, std::size_t i) const {
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
Recording GpuRecorder::decode(bool isTime, std::size_t j) const {
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

}  // namespace stemwright::models
