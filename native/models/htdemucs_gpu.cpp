#include "models/htdemucs_gpu.h"

#include <cmath>
#include <numbers>
#include <string>
#include <utility>

#include "models/htdemucs_gpu_graph.h"
#include "models/htdemucs_graph.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using core::Shape;
using core::Tensor;

/// Thrown by Uploader and caught in HTDemucsGpu::load(), nowhere else.
struct LoadFault {
  Error error;
};

template <typename T>
T orThrow(core::Result<T> result) {
  if (!result.ok()) throw LoadFault{result.error()};
  return std::move(result).value();
}

/// Reads named tensors and puts them on the device in the order that the shaders read.
class Uploader {
 public:
  Uploader(gpu::Device& device, gpu::Storage storage, WeightFile& file)
      : device_(device), storage_(storage), file_(file) {}

  Tensor tensor(const std::string& name, const Shape& shape) {
    return orThrow(file_.read(name, shape));
  }

  gpu::Binding values(std::span<const float> from) {
    return orThrow(gpu::uploadValues(device_, from, gpu::Storage::kFloat));
  }
  gpu::Binding stored(std::span<const float> from) {
    return orThrow(gpu::uploadValues(device_, from, storage_));
  }
  gpu::Binding vector(const std::string& name, std::size_t count) {
    return values(tensor(name, {count}).span());
  }
  GpuAffine affine(const std::string& name, std::size_t channels) {
    return {vector(name + ".weight", channels), vector(name + ".bias", channels)};
  }

  /// @param rank dimensions of the stored weight: 2 linear, 3 one axis, 4 two axes
  gpu::Weight conv(const std::string& name, std::size_t in, std::size_t out, std::size_t rank,
                   std::size_t kernelHeight, std::size_t kernelWidth, bool isGated = false) {
    Shape shape{out, in};
    if (rank == 4) shape.append(kernelHeight);
    if (rank >= 3) shape.append(rank == 4 ? kernelWidth : kernelHeight * kernelWidth);
    const Tensor weight = tensor(name + ".weight", shape);
    const Tensor bias = tensor(name + ".bias", {out});
    const std::size_t taps = kernelHeight * kernelWidth;
    const auto column = [&](std::size_t n) { return isGated ? n / 2 + n % 2 * (out / 2) : n; };
    return orThrow(gpu::uploadWeight(
        device_, storage_, taps * in, out,
        [&](std::size_t k, std::size_t n) {
          return weight[(column(n) * in + k % in) * taps + k / in];
        },
        [&](std::size_t n) { return bias[column(n)]; }));
  }

  gpu::Weight linear(const float* weight, const float* bias, std::size_t in, std::size_t out) {
    return orThrow(gpu::uploadWeight(
        device_, storage_, in, out,
        [&](std::size_t k, std::size_t n) { return weight[n * in + k]; },
        [&](std::size_t n) { return bias[n]; }));
  }

  GpuDConv dconv(const std::string& name, const HTDemucsConfig& config, std::size_t channels) {
    const std::size_t hidden = channels / config.dconvCompression;
    GpuDConv layers;
    for (std::size_t d = 0; d < config.dconvDepth; ++d) {
      const std::string at = name + ".layers." + std::to_string(d) + ".";
      GpuDConvLayer& layer = layers.emplace_back();
      layer.squeeze = conv(at + "0", channels, hidden, 3, 1, 3);
      layer.squeezeNorm = affine(at + "1", hidden);
      layer.expand = conv(at + "3", hidden, 2 * channels, 3, 1, 1, true);
      layer.expandNorm = {gates(at + "4.weight", channels), gates(at + "4.bias", channels)};
      layer.scale = vector(at + "6.scale", channels);
    }
    return layers;
  }

  /// [in, out, kernel] as the phases' columns: kernel / stride taps along the height.
  gpu::Weight transposed(const std::string& name, std::size_t in, std::size_t out,
                         const HTDemucsConfig& config, std::size_t rank) {
    const std::size_t kernel = config.kernelSize;
    const std::size_t stride = config.stride;
    Shape shape{in, out, kernel};
    if (rank == 4) shape.append(1);
    const Tensor weight = tensor(name + ".weight", shape);
    const Tensor bias = tensor(name + ".bias", {out});
    const std::size_t taps = kernel / stride;
    return orThrow(gpu::uploadWeight(
        device_, storage_, taps * in, stride * out,
        [&](std::size_t k, std::size_t n) {
          const std::size_t tap = taps - 1 - k / in;
          return weight[(k % in * out + n % out) * kernel + n / out + tap * stride];
        },
        [&](std::size_t n) { return bias[n % out]; }));
  }

  GpuTransformerLayer transformerLayer(const std::string& name, bool cross, std::size_t dim,
                                       std::size_t hidden) {
    GpuTransformerLayer layer;
    layer.cross = cross;
    const std::string attention = name + (cross ? ".cross_attn" : ".self_attn");
    const Tensor weight = tensor(attention + ".in_proj_weight", {3 * dim, dim});
    const Tensor bias = tensor(attention + ".in_proj_bias", {3 * dim});
    layer.query = linear(weight.data(), bias.data(), dim, cross ? dim : 3 * dim);
    if (cross) {
      layer.keyValue = linear(weight.data() + dim * dim, bias.data() + dim, dim, 2 * dim);
      layer.normMemory = affine(name + ".norm2", dim);
    }
    layer.output = conv(attention + ".out_proj", dim, dim, 2, 1, 1);
    layer.linear1 = conv(name + ".linear1", dim, hidden, 2, 1, 1);
    layer.linear2 = conv(name + ".linear2", hidden, dim, 2, 1, 1);
    layer.norm1 = affine(name + ".norm1", dim);
    layer.normFeedForward = affine(name + (cross ? ".norm3" : ".norm2"), dim);
    layer.normOut = affine(name + ".norm_out", dim);
    layer.gamma1 = vector(name + ".gamma_1.scale", dim);
    layer.gamma2 = vector(name + ".gamma_2.scale", dim);
    return layer;
  }

 private:
  /// [2 channels], values then gates, as they alternate on the device.
  gpu::Binding gates(const std::string& name, std::size_t channels) {
    const Tensor from = tensor(name, {2 * channels});
    std::vector<float> mixed(2 * channels);
    for (std::size_t n = 0; n < mixed.size(); ++n) mixed[n] = from[n / 2 + n % 2 * channels];
    return values(mixed);
  }

  gpu::Device& device_;
  gpu::Storage storage_;
  WeightFile& file_;
};

void loadEncoders(Uploader& upload, const HTDemucsConfig& config, HTDemucsGpu::Graph& graph) {
  const std::size_t kernel = config.kernelSize;
  for (std::size_t i = 0; i < config.depth; ++i) {
    const std::size_t out = HTDemucs::Graph::channelsAt(config, i);
    const std::size_t timeIn =
        i == 0 ? config.audioChannels : HTDemucs::Graph::channelsAt(config, i - 1);
    const std::size_t in = i == 0 ? 2 * config.audioChannels : timeIn;
    const bool isResidual = (config.dconvMode & 1u) != 0;
    const std::string at = "encoder." + std::to_string(i);
    GpuEncoderLayer& layer = graph.encoder.emplace_back();
    layer.conv = upload.conv(at + ".conv", in, out, 4, kernel, 1);
    layer.rewrite = upload.conv(at + ".rewrite", out, 2 * out, 4, 1, 1, true);
    if (isResidual) layer.dconv = upload.dconv(at + ".dconv", config, out);
    GpuEncoderLayer& time = graph.timeEncoder.emplace_back();
    time.conv = upload.conv("t" + at + ".conv", timeIn, out, 3, kernel, 1);
    time.rewrite = upload.conv("t" + at + ".rewrite", out, 2 * out, 3, 1, 1, true);
    if (isResidual) time.dconv = upload.dconv("t" + at + ".dconv", config, out);
  }
}

void loadDecoders(Uploader& upload, const HTDemucsConfig& config, HTDemucsGpu::Graph& graph) {
  for (std::size_t j = 0; j < config.depth; ++j) {
    const std::size_t i = config.depth - 1 - j;
    const std::size_t in = HTDemucs::Graph::channelsAt(config, i);
    const std::size_t timeOut = i == 0 ? config.audioChannels * config.sources.size()
                                       : HTDemucs::Graph::channelsAt(config, i - 1);
    const bool isResidual = (config.dconvMode & 2u) != 0;
    const std::string at = "decoder." + std::to_string(j);
    GpuDecoderLayer& layer = graph.decoder.emplace_back();
    layer.rewrite = upload.conv(at + ".rewrite", in, 2 * in, 4, 3, 3, true);
    if (isResidual) layer.dconv = upload.dconv(at + ".dconv", config, in);
    layer.transposed =
        upload.transposed(at + ".conv_tr", in, i == 0 ? 2 * timeOut : timeOut, config, 4);
    GpuDecoderLayer& time = graph.timeDecoder.emplace_back();
    time.rewrite = upload.conv("t" + at + ".rewrite", in, 2 * in, 3, 3, 1, true);
    if (isResidual) time.dconv = upload.dconv("t" + at + ".dconv", config, in);
    time.transposed = upload.transposed("t" + at + ".conv_tr", in, timeOut, config, 3);
  }
}

void loadBottleneck(Uploader& upload, const HTDemucsConfig& config, HTDemucsGpu::Graph& graph) {
  const std::size_t deepest = HTDemucs::Graph::channelsAt(config, config.depth - 1);
  const std::size_t dim = config.bottomChannels != 0 ? config.bottomChannels : deepest;
  if (config.bottomChannels != 0) {
    graph.upsampler = upload.conv("channel_upsampler", deepest, dim, 3, 1, 1);
    graph.downsampler = upload.conv("channel_downsampler", dim, deepest, 3, 1, 1);
    graph.timeUpsampler = upload.conv("channel_upsampler_t", deepest, dim, 3, 1, 1);
    graph.timeDownsampler = upload.conv("channel_downsampler_t", dim, deepest, 3, 1, 1);
  }
  if (config.transformerLayers == 0) return;
  graph.dim = dim;
  graph.hidden = static_cast<std::size_t>(static_cast<double>(dim) * config.transformerHiddenScale);
  graph.normIn = upload.affine("crosstransformer.norm_in", dim);
  graph.timeNormIn = upload.affine("crosstransformer.norm_in_t", dim);
  for (std::size_t i = 0; i < config.transformerLayers; ++i) {
    const bool cross = (i % 2 == 0) == config.transformerCrossFirst;
    const std::string at = std::to_string(i);
    graph.layers.push_back(
        upload.transformerLayer("crosstransformer.layers." + at, cross, dim, graph.hidden));
    graph.timeLayers.push_back(
        upload.transformerLayer("crosstransformer.layers_t." + at, cross, dim, graph.hidden));
  }
}

void loadRest(Uploader& upload, gpu::Device& device, const HTDemucsConfig& config,
              HTDemucsGpu::Graph& graph) {
  if (config.frequencyEmbedding != 0) {
    Tensor embedding = upload.tensor("freq_emb.embedding.weight",
                                     {config.nfft / 2 / config.stride, config.channels});
    const auto scale = static_cast<float>(config.frequencyEmbedding * config.embeddingScale);
    for (float& value : embedding.span()) value *= scale;
    graph.embedding = upload.stored(embedding.span());
  }
  // As models/spectrum.cpp: Hann, 1 / sqrt(nfft) forward; its squares sum to 1.5 at fourfold
  // overlap.
  std::vector<float> analysis(config.nfft);
  std::vector<float> synthesis(config.nfft);
  const double root = std::sqrt(static_cast<double>(config.nfft));
  for (std::size_t n = 0; n < config.nfft; ++n) {
    const double phase =
        2.0 * std::numbers::pi * static_cast<double>(n) / static_cast<double>(config.nfft);
    const double hann = 0.5 - 0.5 * std::cos(phase);
    analysis[n] = static_cast<float>(hann / root);
    synthesis[n] = static_cast<float>(hann * root / 1.5);
  }
  graph.analysisWindow = upload.values(analysis);
  graph.synthesisWindow = upload.values(synthesis);
  graph.fft = orThrow(gpu::Fft::create(device, config.nfft));
}

/// What HTDemucs::load takes and the shaders do not.
core::Status checkForGpu(const HTDemucsConfig& config) {
  if (config.transformerLayers == 0) return {};
  const std::size_t deepest = HTDemucs::Graph::channelsAt(config, config.depth - 1);
  const std::size_t dim = config.bottomChannels != 0 ? config.bottomChannels : deepest;
  const std::size_t width = dim / config.transformerHeads;
  if (width % 4 != 0 || width > gpu::kMostHeadWidth) {
    return Error{ErrorCode::kModel, "attention heads of " + std::to_string(width) +
                                        " channels are computed on the processor alone"};
  }
  return {};
}

gpu::MomentsAlgorithm algorithmOf(nn::NormAlgorithm algorithm) {
  switch (algorithm) {
    case nn::NormAlgorithm::kStandard:
      return gpu::MomentsAlgorithm::kStandard;
    case nn::NormAlgorithm::kKahan:
      return gpu::MomentsAlgorithm::kKahan;
    case nn::NormAlgorithm::kWelford:
      break;
  }
  return gpu::MomentsAlgorithm::kWelford;
}

}  // namespace

HTDemucsGpu::HTDemucsGpu() = default;
HTDemucsGpu::~HTDemucsGpu() = default;

core::Result<std::shared_ptr<const HTDemucsGpu>> HTDemucsGpu::load(
    std::shared_ptr<gpu::Device> device, const HTDemucsConfig& config, WeightFile weights,
    gpu::Storage storage, nn::NormAlgorithm groupNorm) {
  STEMWRIGHT_TRY(checkForGpu(config));
  std::shared_ptr<HTDemucsGpu> model(new HTDemucsGpu);
  model->device_ = std::move(device);
  model->config_ = config;
  model->storage_ = storage;
  model->graph_ = std::make_unique<Graph>();
  model->graph_->groupNorm = algorithmOf(groupNorm);
  try {
    Uploader upload(*model->device_, storage, weights);
    loadEncoders(upload, config, *model->graph_);
    loadDecoders(upload, config, *model->graph_);
    loadBottleneck(upload, config, *model->graph_);
    loadRest(upload, *model->device_, config, *model->graph_);
  } catch (const LoadFault& fault) {
    return fault.error;
  } catch (const std::bad_alloc&) {
    return Error{ErrorCode::kNoRoom, "not enough memory for the weights"};
  }
  return std::shared_ptr<const HTDemucsGpu>(std::move(model));
}

}  // namespace stemwright::models
