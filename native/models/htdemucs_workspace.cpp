#include "models/htdemucs_workspace.h"

#include <algorithm>

#include "models/htdemucs_graph.h"

namespace stemwright::models {
namespace {

/// Room for the result of a transposed convolution of `steps` inputs: two rows before the first
/// kept one, and whole groups of the stride after the last.
float* takeWithMargin(core::Arena& arena, std::size_t steps, std::size_t stride,
                      std::size_t channels) {
  const std::size_t front = core::paddedCount<float>(2 * channels);
  float* block = arena.take<float>(front + stride * (steps + 1) * channels);
  return block == nullptr ? nullptr : block + front;
}

}  // namespace

bool fewRows(std::size_t rows, unsigned threads) {
  return threads > 1 && rows < 4 * threads;
}

Dimensions::Dimensions(const HTDemucsConfig& config, std::size_t frames)
    : audioChannels(config.audioChannels),
      sources(config.sources.size()),
      columns((frames + config.nfft / 4 - 1) / (config.nfft / 4)),
      rows{config.nfft / 2},
      timeLengths{frames} {
  for (std::size_t i = 0; i < config.depth; ++i) {
    rows.push_back(rows.back() / config.stride);
    timeLengths.push_back((timeLengths.back() + config.stride - 1) / config.stride);
    channels.push_back(HTDemucs::Graph::channelsAt(config, i));
  }
}

Workspace::Workspace(core::Arena& arena, const HTDemucs& model, const Dimensions& dims,
                     const Spectrum* analysis, unsigned threads) {
  const HTDemucsConfig& config = model.config();
  const HTDemucs::Graph& graph = model.graph();
  const std::size_t depth = config.depth;
  const std::size_t stride = config.stride;

  wave = arena.take<float>(dims.timeLengths[0] * dims.audioChannels);
  std::size_t inside = 0;
  std::size_t hiddenSize = 0;
  for (std::size_t i = 0; i < depth; ++i) {
    const std::size_t steps = i + 1 < depth ? dims.timeLengths[i + 2] : dims.timeLengths[i + 1];
    timeSkips.push_back(takeWithMargin(arena, steps, stride, dims.channels[i]));
    inside = std::max(inside, dims.timeLengths[i + 1] * dims.channels[i]);
    const std::size_t length = dims.timeLengths[i + 1];
    const TimeEncoderLayer& encoder = graph.timeEncoder[i];
    const TimeDecoderLayer& decoder = graph.timeDecoder[depth - 1 - i];
    hiddenSize =
        std::max({hiddenSize, encoder.dconv.hiddenSize(length), decoder.dconv.hiddenSize(length)});
    scratchSize = std::max({scratchSize, encoder.dconv.chunkSize(), decoder.dconv.chunkSize(),
                            encoder.conv.scratchSize(), decoder.rewrite.scratchSize(),
                            decoder.transposed.scratchSize()});
  }
  timeInner = arena.take<float>(inside);
  timeOut = takeWithMargin(arena, dims.timeLengths[1], stride, dims.sources * dims.audioChannels);

  if (analysis != nullptr) {
    const std::size_t bins = dims.rows[0];
    spectrum = arena.take<float>(bins * dims.columns * 2 * dims.audioChannels);
    spectrumOut = arena.take<float>(bins * dims.columns * 2 * dims.sources * dims.audioChannels);
    padded = arena.take<float>(analysis->paddedSize(dims.audioChannels));
    std::size_t largest = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const std::size_t size = dims.rows[i + 1] * dims.columns * dims.channels[i];
      skips.push_back(arena.take<float>(size));
      largest = std::max(largest, size);
      const EncoderLayer& encoder = graph.encoder[i];
      const DecoderLayer& decoder = graph.decoder[depth - 1 - i];
      const auto rowScratch = [&](const nn::DConv& dconv) {
        return dconv.hiddenSize(dims.columns) + dconv.chunkSize();
      };
      const std::size_t together = encoder.conv.rowsAtOnce();
      const bool few = fewRows((dims.rows[i + 1] + together - 1) / together, threads);
      if (few) {
        hiddenSize =
            std::max(hiddenSize, dims.rows[i + 1] * encoder.dconv.hiddenSize(dims.columns));
      }
      if (fewRows(dims.rows[i + 1], threads)) {
        hiddenSize =
            std::max(hiddenSize, dims.rows[i + 1] * decoder.dconv.hiddenSize(dims.columns));
      }
      const std::size_t rows =
          few ? 0 : core::paddedCount<float>(together * dims.columns * dims.channels[i]);
      scratchSize = std::max({scratchSize, rows + rowScratch(encoder.dconv),
                              rows + encoder.conv.scratchSize(), rowScratch(decoder.dconv),
                              decoder.transposed.scratchSize()});
    }
    inner = arena.take<float>(largest);
    std::size_t tilesSize = 0;
    for (std::size_t i = 0; i < depth; ++i) {
      const auto& winograd = graph.decoder[depth - 1 - i].winograd;
      if (!winograd) continue;
      tilesSize = std::max(tilesSize, winograd->tilesSize(dims.rows[i + 1], dims.columns));
      scratchSize = std::max(scratchSize, winograd->scratchSize());
    }
    tiles = arena.take<float>(tilesSize);
    scratchSize = std::max(scratchSize, analysis->scratchSize(dims.sources * dims.audioChannels));

    if (graph.dim != 0) {
      const std::size_t count = dims.rows[depth] * dims.columns;
      const std::size_t timeCount = dims.timeLengths[depth];
      const std::size_t most = std::max(count, timeCount);
      tokens = arena.take<float>(count * graph.dim);
      timeTokens = arena.take<float>(timeCount * graph.dim);
      queries = arena.take<float>(most * graph.dim);
      memory = arena.take<float>(timeCount * graph.dim);
      timeMemory = arena.take<float>(count * graph.dim);
      feedForward = arena.take<float>(most * graph.layers[0].linear1.outPitch());
      std::size_t attentionSize = 0;
      for (const TransformerLayer& layer : graph.layers) {
        attentionSize = std::max({attentionSize, layer.attention.scratchSize(most, most, threads)});
      }
      attention = arena.take<float>(attentionSize);
    }
  }
  hidden = arena.take<float>(hiddenSize);
  scratchSize = core::paddedCount<float>(scratchSize);
  scratch = arena.take<float>(scratchSize * threads);
}

}  // namespace stemwright::models
