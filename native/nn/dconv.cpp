#include "nn/dconv.h"

#include <algorithm>
#include <utility>

namespace stemwright::nn {
namespace {

/// Positions that stay in the cache while all steps of one pass run over them.
constexpr std::size_t kChunk = 224;

std::size_t chunksOf(std::size_t width) {
  return (width + kChunk - 1) / kChunk;
}

}  // namespace

DConv::DConv(const kernels::Kernels& kernels, std::vector<Layer> layers)
    : kernels_(&kernels), layers_(std::move(layers)) {}

std::size_t DConv::bytes() const noexcept {
  std::size_t total = 0;
  for (const Layer& layer : layers_) total += layer.squeeze.bytes() + layer.expand.bytes();
  return total;
}

std::size_t DConv::hiddenSize(std::size_t width) const noexcept {
  return layers_.empty() ? 0 : core::paddedCount<float>(width * layers_[0].squeeze.outChannels());
}

std::size_t DConv::chunkSize() const noexcept {
  return layers_.empty() ? 0 : core::paddedCount<float>(kChunk * layers_[0].expand.outChannels());
}

// Both norms need statistics of the whole row before they can be applied, so each layer takes
// three passes. The expansion is computed twice, which costs less than storing it: it is sixteen
// times as wide as what it is computed from.
template <typename Loop>
void DConv::run(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
                Loop&& loop) const {
  const std::size_t chunks = chunksOf(width);
  std::vector<kernels::Moments> parts(chunks);
  const auto merged = [&] {
    kernels::Moments all;
    for (const kernels::Moments& part : parts) all = kernels::merge(all, part);
    return all;
  };
  for (const Layer& layer : layers_) {
    const std::size_t narrow = layer.squeeze.outChannels();
    const std::size_t wideChannels = layer.expand.outChannels();
    const std::size_t channels = layer.squeeze.shape().in;

    loop(chunks, [&](std::size_t chunk, unsigned) {
      const std::size_t begin = chunk * kChunk;
      const std::size_t end = std::min(width, begin + kChunk);
      layer.squeeze.row(x, 1, width, 0, begin, end, hidden, {});
      parts[chunk] = kernels_->norm.moments(hidden + begin * narrow, narrow, end - begin, narrow);
    });
    const kernels::Moments narrowMoments = merged();

    const auto expand = [&](std::size_t chunk, float* out) {
      const std::size_t begin = chunk * kChunk;
      const std::size_t count = std::min(width - begin, kChunk);
      layer.expand.row(hidden + begin * narrow, 1, count, 0, 0, count, out, {});
      return count;
    };
    loop(chunks, [&](std::size_t chunk, unsigned worker) {
      float* part = hidden + chunk * kChunk * narrow;
      kernels_->norm.applyGelu({part, narrow, part, narrow,
                                std::min(width - chunk * kChunk, kChunk), narrow,
                                narrowMoments.mean, inverseStd(narrowMoments),
                                layer.squeezeNorm.weight.data(), layer.squeezeNorm.bias.data()});
      float* expanded = scratch + worker * stride;
      const std::size_t count = expand(chunk, expanded);
      parts[chunk] = kernels_->norm.moments(expanded, wideChannels, count, wideChannels);
    });
    const kernels::Moments wideMoments = merged();

    loop(chunks, [&](std::size_t chunk, unsigned worker) {
      float* expanded = scratch + worker * stride;
      const std::size_t count = expand(chunk, expanded);
      kernels_->norm.applyGluAdd({expanded, wideChannels, x + chunk * kChunk * channels, channels,
                                  count, channels, wideMoments.mean, inverseStd(wideMoments),
                                  layer.expandNorm.weight.data(), layer.expandNorm.bias.data()},
                                 layer.scale.data());
    });
  }
}

void DConv::row(float* x, std::size_t width, float* scratch) const {
  run(x, width, scratch, scratch + hiddenSize(width), 0, [](std::size_t count, auto&& body) {
    for (std::size_t index = 0; index < count; ++index) body(index, 0u);
  });
}

void DConv::wide(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
                 core::ThreadPool& pool) const {
  run(x, width, hidden, scratch, stride,
      [&](std::size_t count, auto&& body) { pool.parallelFor(count, body); });
}

}  // namespace stemwright::nn
