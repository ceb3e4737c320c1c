#include "models/htdemucs.h"

#include <new>
#include <string>
#include <utility>

#include "models/htdemucs_graph.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using core::Shape;
using core::Status;
using core::Tensor;

Status checkConfig(const HTDemucsConfig& c) {
  const auto refuse = [](const std::string& what) {
    return Error{ErrorCode::kModel, "HTDemucs with " + what + " is not supported"};
  };
  if (c.sources.empty() || c.sources.size() > 8) return refuse("other than 1 to 8 sources");
  if (c.audioChannels < 1 || c.audioChannels > 2) return refuse("audio_channels beyond stereo");
  if (c.channels < 1 || c.growth < 1) return refuse("channels or growth below 1");
  if (c.kernelSize != 8 || c.stride != 4) return refuse("kernel_size or stride other than 8 and 4");
  if (c.nfft != 4096) return refuse("nfft other than 4096");
  std::size_t rows = c.nfft / 2;
  for (std::size_t i = 0; i < c.depth; ++i) {
    // Where the kernel spans all rows, Demucs merges the branches; nothing here does.
    if (rows <= c.kernelSize) return refuse("a depth that leaves a single frequency");
    rows /= c.stride;
  }
  if (c.depth < 1) return refuse("a depth below 1");
  if (c.dconvMode > 3) return refuse("this dconv_mode");
  if (c.dconvMode != 0 && (c.dconvCompression < 1 || c.dconvCompression > c.channels)) {
    return refuse("a dconv_comp that leaves no channels");
  }
  if (c.dconvDepth > 8) return refuse("a dconv_depth above 8");
  if (c.segmentDenominator == 0 || c.segmentFrames() == 0) return refuse("an empty segment");
  const std::size_t dim =
      c.bottomChannels != 0 ? c.bottomChannels : HTDemucs::Graph::channelsAt(c, c.depth - 1);
  if (c.transformerLayers != 0) {
    if (dim % 4 != 0) return refuse("a transformer width that is no multiple of 4");
    if (c.transformerHeads == 0 || dim % c.transformerHeads != 0) {
      return refuse("t_heads that do not divide the transformer width");
    }
  }
  return {};
}

/// Thrown by Reader and caught in HTDemucs::load(), nowhere else.
struct LoadFault {
  Error error;
};

/// Reads named tensors and packs them into layers. Throws LoadFault at the first that does not fit.
class Reader {
 public:
  Reader(WeightFile& file, const nn::Kernels& kernels) : file_(file), kernels_(kernels) {}

  std::size_t parameters() const { return parameters_; }
  std::size_t bytes() const { return bytes_; }

  Tensor tensor(const std::string& name, const Shape& shape) {
    core::Result<Tensor> read = file_.read(name, shape);
    if (!read.ok()) throw LoadFault{read.error()};
    parameters_ += shape.count();
    return std::move(read).value();
  }

  std::vector<float> vector(const std::string& name, std::size_t count) {
    const Tensor values = tensor(name, {count});
    bytes_ += count * sizeof(float);
    return {values.data(), values.data() + count};
  }

  nn::Affine affine(const std::string& name, std::size_t channels) {
    return {vector(name + ".weight", channels), vector(name + ".bias", channels)};
  }

  /// @param rank dimensions of the stored weight: 2 linear, 3 one axis, 4 two axes
  nn::Conv conv(const std::string& name, const nn::ConvShape& shape, std::size_t rank,
                bool glu = false) {
    Shape stored{shape.out, shape.in};
    if (rank == 4) stored.append(shape.kernelHeight);
    if (rank >= 3) stored.append(shape.kernelWidth);
    const Tensor weight = tensor(name + ".weight", stored);
    const Tensor bias = tensor(name + ".bias", {shape.out});
    return counted(nn::Conv(kernels_, shape, glu, weight.data(), bias.data()));
  }

  nn::DConv dconv(const std::string& name, const HTDemucsConfig& config, std::size_t channels) {
    const std::size_t hidden = channels / config.dconvCompression;
    std::vector<nn::DConv::Layer> layers;
    for (std::size_t d = 0; d < config.dconvDepth; ++d) {
      const std::string at = name + ".layers." + std::to_string(d) + ".";
      const std::size_t dilation = std::size_t{1} << d;
      nn::DConv::Layer layer;
      layer.squeeze = conv(at + "0",
                           {.in = channels,
                            .out = hidden,
                            .kernelWidth = 3,
                            .dilationWidth = dilation,
                            .paddingWidth = dilation},
                           3);
      layer.squeezeNorm = affine(at + "1", hidden);
      layer.expand = conv(at + "3", {.in = hidden, .out = 2 * channels}, 3, true);
      layer.expandNorm = affine(at + "4", 2 * channels);
      layer.scale = vector(at + "6.scale", channels);
      layers.push_back(std::move(layer));
    }
    return nn::DConv(kernels_, std::move(layers));
  }

  /// The 3 x 3 of a decoder.
  void rewrite(const std::string& name, std::size_t channels, DecoderLayer& layer) {
    const nn::ConvShape shape{.in = channels,
                              .out = 2 * channels,
                              .kernelHeight = 3,
                              .kernelWidth = 3,
                              .paddingHeight = 1,
                              .paddingWidth = 1};
    if (!nn::WinogradConv::serves(kernels_, shape)) {
      layer.rewrite = conv(name, shape, 4, true);
      return;
    }
    const Tensor weight = tensor(name + ".weight", {shape.out, shape.in, 3, 3});
    const Tensor bias = tensor(name + ".bias", {shape.out});
    layer.winograd.emplace(kernels_, shape, weight.data(), bias.data());
    bytes_ += layer.winograd->bytes();
  }

  nn::HeightConv heightConv(const std::string& name, const nn::ConvShape& shape) {
    const Tensor weight = tensor(name + ".weight", {shape.out, shape.in, shape.kernelHeight, 1});
    const Tensor bias = tensor(name + ".bias", {shape.out});
    return counted(nn::HeightConv(kernels_, shape, weight.data(), bias.data()));
  }

  nn::HeightConv transposedHeight(const std::string& name, std::size_t in, std::size_t out,
                                  const HTDemucsConfig& config) {
    const Tensor weight = tensor(name + ".weight", {in, out, config.kernelSize, 1});
    const Tensor bias = tensor(name + ".bias", {out});
    return counted(nn::HeightConv::transposed(kernels_, in, out, config.kernelSize, config.stride,
                                              config.kernelSize / 4, weight.data(), bias.data()));
  }

  nn::LineConv lineConv(const std::string& name, const nn::ConvShape& shape, bool glu) {
    const Tensor weight = tensor(name + ".weight", {shape.out, shape.in, shape.kernelWidth});
    const Tensor bias = tensor(name + ".bias", {shape.out});
    return counted(nn::LineConv(kernels_, shape, glu, weight.data(), bias.data()));
  }

  nn::LineConv transposedLine(const std::string& name, std::size_t in, std::size_t out,
                              const HTDemucsConfig& config) {
    const Tensor weight = tensor(name + ".weight", {in, out, config.kernelSize});
    const Tensor bias = tensor(name + ".bias", {out});
    return counted(nn::LineConv::transposed(kernels_, in, out, config.kernelSize, config.stride,
                                            weight.data(), bias.data()));
  }

  TransformerLayer transformerLayer(const std::string& name, bool cross, std::size_t dim,
                                    std::size_t heads, std::size_t hidden) {
    TransformerLayer layer;
    layer.cross = cross;
    const std::string attention = name + (cross ? ".cross_attn" : ".self_attn");
    const Tensor inWeight = tensor(attention + ".in_proj_weight", {3 * dim, dim});
    const Tensor inBias = tensor(attention + ".in_proj_bias", {3 * dim});
    const Tensor outWeight = tensor(attention + ".out_proj.weight", {dim, dim});
    const Tensor outBias = tensor(attention + ".out_proj.bias", {dim});
    layer.attention = nn::Attention(kernels_, dim, heads, inWeight.data(), inBias.data(),
                                    outWeight.data(), outBias.data());
    bytes_ += layer.attention.bytes();
    layer.linear1 = conv(name + ".linear1", {.in = dim, .out = hidden}, 2);
    layer.linear2 = conv(name + ".linear2", {.in = hidden, .out = dim}, 2);
    layer.linear1.space(dim, nn::pitchOf(hidden));
    layer.linear2.space(nn::pitchOf(hidden), dim);
    layer.norm1 = affine(name + ".norm1", dim);
    if (cross) layer.normMemory = affine(name + ".norm2", dim);
    layer.normFeedForward = affine(name + (cross ? ".norm3" : ".norm2"), dim);
    layer.normOut = affine(name + ".norm_out", dim);
    layer.gamma1 = vector(name + ".gamma_1.scale", dim);
    layer.gamma2 = vector(name + ".gamma_2.scale", dim);
    return layer;
  }

 private:
  template <typename Layer>
  Layer counted(Layer layer) {
    bytes_ += layer.bytes();
    return layer;
  }

  WeightFile& file_;
  const nn::Kernels& kernels_;
  std::size_t parameters_ = 0;
  std::size_t bytes_ = 0;
};

void readEncoders(Reader& reader, const HTDemucsConfig& config, HTDemucs::Graph& graph) {
  for (std::size_t i = 0; i < config.depth; ++i) {
    const std::size_t out = HTDemucs::Graph::channelsAt(config, i);
    const std::size_t timeIn =
        i == 0 ? config.audioChannels : HTDemucs::Graph::channelsAt(config, i - 1);
    const std::size_t in = i == 0 ? 2 * config.audioChannels : timeIn;
    const bool residual = (config.dconvMode & 1u) != 0;
    const std::size_t padding = config.kernelSize / 4;

    const std::string name = "encoder." + std::to_string(i);
    EncoderLayer& layer = graph.encoder.emplace_back();
    layer.conv = reader.heightConv(name + ".conv", {.in = in,
                                                    .out = out,
                                                    .kernelHeight = config.kernelSize,
                                                    .strideHeight = config.stride,
                                                    .paddingHeight = padding});
    layer.rewrite = reader.conv(name + ".rewrite", {.in = out, .out = 2 * out}, 4, true);
    if (residual) layer.dconv = reader.dconv(name + ".dconv", config, out);

    const std::string timeName = "tencoder." + std::to_string(i);
    TimeEncoderLayer& time = graph.timeEncoder.emplace_back();
    time.conv = reader.lineConv(timeName + ".conv",
                                {.in = timeIn,
                                 .out = out,
                                 .kernelWidth = config.kernelSize,
                                 .strideWidth = config.stride,
                                 .paddingWidth = padding},
                                false);
    time.rewrite = reader.conv(timeName + ".rewrite", {.in = out, .out = 2 * out}, 3, true);
    if (residual) time.dconv = reader.dconv(timeName + ".dconv", config, out);
  }
}

void readDecoders(Reader& reader, const HTDemucsConfig& config, HTDemucs::Graph& graph) {
  for (std::size_t j = 0; j < config.depth; ++j) {
    const std::size_t i = config.depth - 1 - j;
    const std::size_t in = HTDemucs::Graph::channelsAt(config, i);
    const std::size_t timeOut = i == 0 ? config.audioChannels * config.sources.size()
                                       : HTDemucs::Graph::channelsAt(config, i - 1);
    const std::size_t out = i == 0 ? 2 * timeOut : timeOut;
    const bool residual = (config.dconvMode & 2u) != 0;

    const std::string name = "decoder." + std::to_string(j);
    DecoderLayer& layer = graph.decoder.emplace_back();
    reader.rewrite(name + ".rewrite", in, layer);
    if (residual) layer.dconv = reader.dconv(name + ".dconv", config, in);
    layer.transposed = reader.transposedHeight(name + ".conv_tr", in, out, config);

    const std::string timeName = "tdecoder." + std::to_string(j);
    TimeDecoderLayer& time = graph.timeDecoder.emplace_back();
    time.rewrite =
        reader.lineConv(timeName + ".rewrite",
                        {.in = in, .out = 2 * in, .kernelWidth = 3, .paddingWidth = 1}, true);
    if (residual) time.dconv = reader.dconv(timeName + ".dconv", config, in);
    time.transposed = reader.transposedLine(timeName + ".conv_tr", in, timeOut, config);
  }
}

void readBottleneck(Reader& reader, const HTDemucsConfig& config, HTDemucs::Graph& graph) {
  const std::size_t deepest = HTDemucs::Graph::channelsAt(config, config.depth - 1);
  const std::size_t dim = config.bottomChannels != 0 ? config.bottomChannels : deepest;
  if (config.bottomChannels != 0) {
    const nn::ConvShape up{.in = deepest, .out = dim};
    const nn::ConvShape down{.in = dim, .out = deepest};
    graph.upsampler = reader.conv("channel_upsampler", up, 3);
    graph.downsampler = reader.conv("channel_downsampler", down, 3);
    graph.timeUpsampler = reader.conv("channel_upsampler_t", up, 3);
    graph.timeDownsampler = reader.conv("channel_downsampler_t", down, 3);
  }
  if (config.transformerLayers == 0) return;
  graph.dim = dim;
  graph.normIn = reader.affine("crosstransformer.norm_in", dim);
  graph.timeNormIn = reader.affine("crosstransformer.norm_in_t", dim);
  const auto hidden =
      static_cast<std::size_t>(static_cast<double>(dim) * config.transformerHiddenScale);
  for (std::size_t i = 0; i < config.transformerLayers; ++i) {
    const bool cross = (i % 2 == 0) == config.transformerCrossFirst;
    const std::string at = std::to_string(i);
    graph.layers.push_back(reader.transformerLayer("crosstransformer.layers." + at, cross, dim,
                                                   config.transformerHeads, hidden));
    graph.timeLayers.push_back(reader.transformerLayer("crosstransformer.layers_t." + at, cross,
                                                       dim, config.transformerHeads, hidden));
  }
}

void readEmbedding(Reader& reader, const HTDemucsConfig& config, HTDemucs::Graph& graph) {
  if (config.frequencyEmbedding == 0) return;
  graph.embedding = reader.tensor("freq_emb.embedding.weight",
                                  {config.nfft / 2 / config.stride, config.channels});
  const auto scale = static_cast<float>(config.frequencyEmbedding * config.embeddingScale);
  for (float& value : graph.embedding.span()) value *= scale;
}

}  // namespace

std::size_t HTDemucs::Graph::channelsAt(const HTDemucsConfig& config, std::size_t i) {
  std::size_t channels = config.channels;
  while (i-- > 0) channels *= config.growth;
  return channels;
}

HTDemucs::HTDemucs() = default;
HTDemucs::~HTDemucs() = default;

core::Result<std::shared_ptr<const HTDemucs>> HTDemucs::load(const HTDemucsConfig& config,
                                                             WeightFile weights,
                                                             const ModelOptions& options) {
  STEMWRIGHT_TRY(checkConfig(config));
  const bool isBf16 = options.precision == Precision::kBf16;
  if (isBf16 && nn::bf16Kernels().empty()) {
    return Error{ErrorCode::kInvalidArgument, "this processor does not compute in bf16"};
  }
  nn::Kernels kernels = isBf16 ? *nn::bf16Kernels().back() : nn::kernels();
  kernels.groupNorm = options.groupNorm;
  try {
    return read(config, weights, kernels);
  } catch (const LoadFault& fault) {
    return fault.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "not enough memory for the weights"};
  }
}

std::shared_ptr<const HTDemucs> HTDemucs::read(const HTDemucsConfig& config, WeightFile& weights,
                                               const nn::Kernels& kernels) {
  std::shared_ptr<HTDemucs> model(new HTDemucs);
  model->config_ = config;
  model->graph_ = std::make_unique<Graph>();
  Graph& graph = *model->graph_;
  graph.kernels = std::make_unique<const nn::Kernels>(kernels);

  Reader reader(weights, *graph.kernels);
  readEncoders(reader, config, graph);
  readDecoders(reader, config, graph);
  readBottleneck(reader, config, graph);
  readEmbedding(reader, config, graph);
  const std::vector<std::string> unread = weights.unread();
  if (!unread.empty()) {
    throw LoadFault{{ErrorCode::kModel, "the file holds " + std::to_string(unread.size()) +
                                            " tensors that this HTDemucs has no place for, first " +
                                            unread.front()}};
  }
  model->parameters_ = reader.parameters();
  model->weightBytes_ = reader.bytes();
  model->claim_ = {core::MemoryOwner::kWeights, reader.bytes()};
  return model;
}

}  // namespace stemwright::models
