#include "nn/dconv.h"

#include <utility>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

/// Positions that stay in the cache while all steps of one pass run over them.
constexpr std::size_t kChunk = 224;

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

/// hidden rows [begin, end) = squeeze(x), and their moments.
kernels::Moments DConv::squeeze(const Layer& layer, const float* x, std::size_t width,
                                std::size_t begin, std::size_t end, float* hidden) const {
  const std::size_t narrow = layer.squeeze.outChannels();
  layer.squeeze.row(x, 1, width, 0, begin, end, hidden, {});
  return kernels::momentsBy(kernels_->norm, kernels_->groupNorm)(hidden + begin * narrow, narrow,
                                                                 end - begin, narrow);
}

/// Normalises `count` hidden rows in place and gives the moments of what they expand to.
kernels::Moments DConv::activate(const Layer& layer, const kernels::Moments& moments,
                                 std::size_t count, float* hidden, float* expanded) const {
  const std::size_t narrow = layer.squeeze.outChannels();
  const std::size_t wide = layer.expand.outChannels();
  kernels_->norm.applyGelu({hidden, narrow, hidden, narrow, count, narrow, moments.mean,
                            inverseStd(moments), layer.squeezeNorm.weight.data(),
                            layer.squeezeNorm.bias.data()});
  layer.expand.row(hidden, 1, count, 0, 0, count, expanded, {});
  return kernels::momentsBy(kernels_->norm, kernels_->groupNorm)(expanded, wide, count, wide);
}

/// Adds what `count` hidden rows expand to, normalised, gated and scaled, to x.
void DConv::add(const Layer& layer, const kernels::Moments& moments, std::size_t count,
                const float* hidden, float* expanded, float* x) const {
  const std::size_t channels = layer.squeeze.shape().in;
  layer.expand.row(hidden, 1, count, 0, 0, count, expanded, {});
  kernels_->norm.applyGluAdd(
      {expanded, layer.expand.outChannels(), x, channels, count, channels, moments.mean,
       inverseStd(moments), layer.expandNorm.weight.data(), layer.expandNorm.bias.data()},
      layer.scale.data());
}

// Both norms need statistics of the whole row before they can be applied, so each layer takes
// three passes. The expansion is computed twice, which costs less than storing it: it is sixteen
// times as wide as what it is computed from.
template <typename Loop>
void DConv::run(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
                Loop&& loop) const {
  for (const Layer& layer : layers_) {
    const std::size_t narrow = layer.squeeze.outChannels();
    const std::size_t channels = layer.squeeze.shape().in;
    const kernels::Moments narrowMoments =
        momentsOfBlocks(width, kChunk, loop, [&](std::size_t begin, std::size_t end, unsigned) {
          return squeeze(layer, x, width, begin, end, hidden);
        });
    const kernels::Moments wideMoments = momentsOfBlocks(
        width, kChunk, loop, [&](std::size_t begin, std::size_t end, unsigned worker) {
          return activate(layer, narrowMoments, end - begin, hidden + begin * narrow,
                          scratch + worker * stride);
        });
    forBlocks(width, kChunk, loop, [&](std::size_t begin, std::size_t end, unsigned worker) {
      add(layer, wideMoments, end - begin, hidden + begin * narrow, scratch + worker * stride,
          x + begin * channels);
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
