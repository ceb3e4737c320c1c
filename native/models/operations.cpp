#include "models/operations.h"

#include "models/htdemucs_graph.h"

namespace stemwright::models {
namespace {

double of(const nn::ConvShape& shape, std::size_t positions) {
  const std::size_t taps = shape.kernelHeight * shape.kernelWidth;
  return 2.0 * static_cast<double>(positions) * static_cast<double>(taps * shape.in * shape.out);
}

double of(const nn::Conv& conv, std::size_t positions) {
  return of(conv.shape(), positions);
}

double of(const nn::DConv& dconv, std::size_t positions) {
  double total = 0;
  for (const nn::DConv::Layer& layer : dconv.layers()) {
    total += of(layer.squeeze, positions) + of(layer.expand, positions);
  }
  return total;
}

double of(const nn::HeightConv& conv, std::size_t positions) {
  return of(conv.shape(), positions);
}

double of(const nn::LineConv& conv, std::size_t positions) {
  return of(conv.shape(), positions);
}

template <typename EncoderLayer>
double ofEncoder(const EncoderLayer& layer, std::size_t positions) {
  return of(layer.conv, positions) + of(layer.dconv, positions) + of(layer.rewrite, positions);
}

double of(const TransformerLayer& layer, std::size_t dim, std::size_t queries, std::size_t keys) {
  const double projections = 2.0 * static_cast<double>(dim * dim) *
                             (2.0 * static_cast<double>(queries) + 2.0 * static_cast<double>(keys));
  const double scores = 4.0 * static_cast<double>(queries) * static_cast<double>(keys * dim);
  return projections + scores + of(layer.linear1, queries) + of(layer.linear2, queries);
}

double timeBranch(const HTDemucs::Graph& graph, const Dimensions& dims) {
  double total = 0;
  const std::size_t depth = dims.channels.size();
  for (std::size_t i = 0; i < depth; ++i) {
    const std::size_t steps = dims.timeLengths[i + 1];
    const TimeDecoderLayer& decoder = graph.timeDecoder[depth - 1 - i];
    total += ofEncoder(graph.timeEncoder[i], steps) + of(decoder.rewrite, steps) +
             of(decoder.dconv, steps) + of(decoder.transposed, steps);
  }
  return total;
}

double frequencyBranch(const HTDemucs::Graph& graph, const Dimensions& dims) {
  double total = 0;
  const std::size_t depth = dims.channels.size();
  for (std::size_t i = 0; i < depth; ++i) {
    const std::size_t positions = dims.rows[i + 1] * dims.columns;
    const DecoderLayer& decoder = graph.decoder[depth - 1 - i];
    total += ofEncoder(graph.encoder[i], positions) + of(decoder.rewriteShape(), positions) +
             of(decoder.dconv, positions) + of(decoder.transposed, positions);
  }
  return total;
}

double bottleneck(const HTDemucs::Graph& graph, const Dimensions& dims) {
  if (graph.dim == 0) return 0;
  const std::size_t tokens = dims.rows.back() * dims.columns;
  const std::size_t timeTokens = dims.timeLengths.back();
  double total = 0;
  for (std::size_t i = 0; i < graph.layers.size(); ++i) {
    const bool cross = graph.layers[i].cross;
    total += of(graph.layers[i], graph.dim, tokens, cross ? timeTokens : tokens) +
             of(graph.timeLayers[i], graph.dim, timeTokens, cross ? tokens : timeTokens);
  }
  if (graph.upsampler) {
    total += of(*graph.upsampler, tokens) + of(*graph.downsampler, tokens) +
             of(*graph.timeUpsampler, timeTokens) + of(*graph.timeDownsampler, timeTokens);
  }
  return total;
}

}  // namespace

double operationsOf(const HTDemucs& model, const Dimensions& dims, Mode mode) {
  const HTDemucs::Graph& graph = model.graph();
  const double time = timeBranch(graph, dims);
  if (mode == Mode::kTimeOnly) return time;
  return time + frequencyBranch(graph, dims) + bottleneck(graph, dims);
}

}  // namespace stemwright::models
