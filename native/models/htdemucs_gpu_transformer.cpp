// What lies between encoders and decoders: the cross-domain transformer.
#include "models/htdemucs_gpu_recorder.h"

namespace stemwright::models {
namespace {

using gpu::Activation;
using gpu::Binding;
using gpu::Recording;

}  // namespace

Recording GpuRecorder::enter(bool isTime) const {
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

Recording GpuRecorder::leave(bool isTime) const {
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
Recording GpuRecorder::attend(bool isTime, std::size_t index) const {
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

void GpuRecorder::bottleneck(Recording& to) {
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

}  // namespace stemwright::models
