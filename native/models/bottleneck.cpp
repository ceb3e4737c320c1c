#include "models/bottleneck.h"

#include <string_view>

#include "models/positions.h"

namespace stemwright::models {
Bottleneck::Bottleneck(const HTDemucs& model, const Dimensions& dims, bool full)
    : model_(&model), count_(dims.rows.back() * dims.columns), timeCount_(dims.timeLengths.back()) {
  const std::size_t dim = model.graph().dim;
  if (!full || dim == 0) return;
  positions_ = gridEmbedding(dims.rows.back(), dims.columns, dim, model.config());
  timePositions_ = timeEmbedding(timeCount_, dim, model.config());
}

std::size_t Bottleneck::plannedBytes(const HTDemucs& model, const Dimensions& dims, bool full) {
  const std::size_t tokens = dims.rows.back() * dims.columns + dims.timeLengths.back();
  return full ? tokens * model.graph().dim * sizeof(float) : 0;
}

void Bottleneck::enter(const Workspace& work, core::ThreadPool& pool) const {
  const HTDemucs::Graph& graph = model_->graph();
  const auto branch = [&](const std::optional<nn::Conv>& up, const float* skip,
                          const nn::Affine& norm, const core::Tensor& positions, float* tokens,
                          std::size_t count) {
    const float* x = skip;
    if (up) {
      up->forward(skip, 1, count, tokens, {}, pool);
      x = tokens;
    }
    nn::layerNorm(*graph.kernels, x, tokens, count, graph.dim, norm, pool, positions.data());
  };
  branch(graph.upsampler, work.skips.back(), graph.normIn, positions_, work.tokens, count_);
  branch(graph.timeUpsampler, work.timeSkips.back(), graph.timeNormIn, timePositions_,
         work.timeTokens, timeCount_);
}

/// tokens += gamma1 * attention(norm1(tokens), memory), then the feed-forward, then norm_out.
void Bottleneck::attend(const TransformerLayer& layer, float* tokens, std::size_t count,
                        const float* memory, std::size_t memoryCount, const Workspace& work,
                        core::ThreadPool& pool) const {
  const HTDemucs::Graph& graph = model_->graph();
  const nn::Kernels& kernels = *graph.kernels;
  nn::layerNorm(kernels, tokens, work.queries, count, graph.dim, layer.norm1, pool);
  layer.attention.forward(work.queries, count, memory == nullptr ? work.queries : memory,
                          memoryCount, tokens, {.scale = layer.gamma1.data(), .residual = tokens},
                          work.attention, pool);
  nn::layerNorm(kernels, tokens, work.queries, count, graph.dim, layer.normFeedForward, pool);
  layer.linear1.forward(work.queries, 1, count, work.feedForward,
                        {.activation = nn::Activation::kGelu}, pool);
  layer.linear2.forward(work.feedForward, 1, count, tokens,
                        {.scale = layer.gamma2.data(), .residual = tokens}, pool);
  nn::groupNorm(kernels, tokens, count, graph.dim, 1, layer.normOut, pool, kernels.groupNorm);
}

void Bottleneck::layer(std::size_t index, const Workspace& work, core::ThreadPool& pool) const {
  const HTDemucs::Graph& graph = model_->graph();
  const TransformerLayer& layer = graph.layers[index];
  const TransformerLayer& timeLayer = graph.timeLayers[index];
  if (!layer.cross) {
    attend(layer, work.tokens, count_, nullptr, count_, work, pool);
    attend(timeLayer, work.timeTokens, timeCount_, nullptr, timeCount_, work, pool);
    return;
  }
  // Both branches look at the other as it was before the layer.
  nn::layerNorm(*graph.kernels, work.timeTokens, work.memory, timeCount_, graph.dim,
                layer.normMemory, pool);
  nn::layerNorm(*graph.kernels, work.tokens, work.timeMemory, count_, graph.dim,
                timeLayer.normMemory, pool);
  attend(layer, work.tokens, count_, work.memory, timeCount_, work, pool);
  attend(timeLayer, work.timeTokens, timeCount_, work.timeMemory, count_, work, pool);
}

void Bottleneck::leave(const Workspace& work, core::ThreadPool& pool) const {
  const HTDemucs::Graph& graph = model_->graph();
  const auto branch = [&](const std::optional<nn::Conv>& down, const float* tokens, float* skip,
                          std::size_t count) {
    if (down) {
      down->forward(tokens, 1, count, skip, {.residual = skip}, pool);
    } else {
      graph.kernels->elementwise.add(skip, tokens, skip, count * graph.dim);
    }
  };
  branch(graph.downsampler, work.tokens, work.skips.back(), count_);
  branch(graph.timeDownsampler, work.timeTokens, work.timeSkips.back(), timeCount_);
}

void Bottleneck::run(const Workspace& work, core::ThreadPool& pool, const core::CancelFlag& cancel,
                     const HTDemucsRunner::Observer& observer) const {
  const std::size_t dim = model_->graph().dim;
  if (dim == 0) {
    // Without a transformer the deepest layer meets its own output as the skip.
    const auto& elementwise = model_->graph().kernels->elementwise;
    const std::size_t channels = model_->graph().encoder.back().rewrite.outChannels();
    const auto twice = [&](float* x, std::size_t count) { elementwise.add(x, x, x, count); };
    twice(work.skips.back(), count_ * channels);
    twice(work.timeSkips.back(), timeCount_ * channels);
    return;
  }
  const auto show = [&](std::string_view name, std::size_t index, const float* values,
                        std::size_t count) {
    if (observer) observer(std::string(name) + std::to_string(index), {values, count * dim});
  };
  enter(work, pool);
  for (std::size_t i = 0; i < model_->graph().layers.size() && !cancel.requested(); ++i) {
    layer(i, work, pool);
    show("crosstransformer.layers.", i, work.tokens, count_);
    show("crosstransformer.layers_t.", i, work.timeTokens, timeCount_);
  }
  leave(work, pool);
}

}  // namespace stemwright::models
