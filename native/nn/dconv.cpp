#include "nn/dconv.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <utility>

#include "nn/blocks.h"

namespace stemwright::nn {
namespace {

using kernels::spreadStride;

/// Positions that stay in the cache while all steps of one pass run over them.
constexpr std::size_t kMostPositions = 224;
constexpr std::size_t kFewestPositions = 28;
/// Numbers of such positions in a row that may be shared: few, so that few rows keep many threads
/// busy.
constexpr std::size_t kRowNumbers = 28 * 384;

/// Positions a task of a long row takes: enough tasks for many threads, whatever their number, so
/// that sums do not depend on it.
std::size_t blockOf(std::size_t width) {
  constexpr std::size_t kTasks = 48;
  const std::size_t even = blocksOf(blocksOf(width, kTasks), kFewestPositions) * kFewestPositions;
  return std::clamp(even, kFewestPositions, kMostPositions);
}

double gelu(double x) {
  return 0.5 * x * (1.0 + std::erf(x / std::numbers::sqrt2));
}

/// Floats of what one block of positions adds to the statistics: sums, a double, moments.
std::size_t partSize(std::size_t narrow) {
  return spreadStride(narrow) + 16;
}
static_assert(sizeof(double) + sizeof(kernels::Moments) <= 16 * sizeof(float));

}  // namespace

struct DConv::Buffers {
  float* hidden;  ///< [width, narrow]
  float* parts;   ///< [block, partSize]
  float* gain;    ///< the folded norm, packed as the expansion's bias
  float* bias;

  float* sums(std::size_t block, std::size_t narrow) const {
    return parts + block * partSize(narrow);
  }
  double* squares(std::size_t block, std::size_t narrow) const {
    return reinterpret_cast<double*>(sums(block, narrow) + spreadStride(narrow));
  }
  /// Of the block's hidden rows.
  kernels::Moments* moments(std::size_t block, std::size_t narrow) const {
    return reinterpret_cast<kernels::Moments*>(squares(block, narrow) + 1);
  }
};

DConv::DConv(const kernels::Kernels& kernels, std::vector<Layer> layers)
    : kernels_(&kernels), layers_(std::move(layers)) {
  for (const Layer& layer : layers_) expansions_.push_back(expansionOf(layer));
}

DConv::Expansion DConv::expansionOf(const Layer& layer) {
  const PackedMatrix& weights = layer.expand.weights();
  const std::size_t narrow = layer.expand.shape().in;
  const std::size_t wide = layer.expand.shape().out;
  const std::size_t stride = spreadStride(narrow);
  Expansion expansion;
  expansion.shift = core::AlignedBuffer<float>(stride);
  expansion.gram = core::AlignedBuffer<float>(stride * stride);
  expansion.shift.zero();
  expansion.gram.zero();
  expansion.columnSums.assign(narrow, 0.0);
  expansion.biasProducts.assign(narrow, 0.0);
  std::vector<double> gram(narrow * narrow, 0.0);
  std::vector<double> column(narrow);
  for (std::size_t c = 0; c < wide; ++c) {
    const double bias = weights.biasAt(c);
    expansion.biasSum += bias;
    expansion.biasSquares += bias * bias;
    for (std::size_t i = 0; i < narrow; ++i) {
      column[i] = weights.weightAt(0, i, c);
      expansion.columnSums[i] += column[i];
      expansion.biasProducts[i] += column[i] * bias;
      for (std::size_t j = 0; j <= i; ++j) gram[i * narrow + j] += column[i] * column[j];
    }
  }
  for (std::size_t i = 0; i < narrow; ++i) {
    expansion.shift[i] = static_cast<float>(gelu(layer.squeezeNorm.bias[i]));
    for (std::size_t j = 0; j <= i; ++j) {
      const auto product = static_cast<float>(gram[i * narrow + j]);
      expansion.gram[i * stride + j] = product;
      expansion.gram[j * stride + i] = product;
    }
  }
  return expansion;
}

std::size_t DConv::bytes() const noexcept {
  std::size_t total = 0;
  for (const Layer& layer : layers_) total += layer.squeeze.bytes() + layer.expand.bytes();
  for (const Expansion& expansion : expansions_) total += expansion.gram.bytes();
  return total;
}

std::size_t DConv::hiddenSize(std::size_t width) const noexcept {
  if (layers_.empty()) return 0;
  const std::size_t narrow = layers_[0].squeeze.outChannels();
  const std::size_t blocks = blocksOf(width, std::min(blockOf(width), rowBlock()));
  return core::paddedCount<float>(width * narrow) + blocks * partSize(narrow) +
         2 * core::paddedCount<float>(layers_[0].expand.weights().rowSize());
}

/// Positions a task of rows that are independent takes.
std::size_t DConv::rowBlock() const noexcept {
  const std::size_t positions = kRowNumbers / layers_[0].squeeze.shape().in;
  const std::size_t whole = positions / kFewestPositions * kFewestPositions;
  return std::clamp(whole, kFewestPositions, kMostPositions);
}

std::size_t DConv::chunkSize() const noexcept {
  return layers_.empty() ? 0 : kMostPositions * spreadStride(layers_[0].squeeze.outChannels());
}

DConv::Buffers DConv::carve(float* hidden, std::size_t width) const {
  const std::size_t narrow = layers_[0].squeeze.outChannels();
  Buffers buffers{};
  buffers.hidden = hidden;
  buffers.gain = hidden + core::paddedCount<float>(width * narrow);
  const std::size_t row = core::paddedCount<float>(layers_[0].expand.weights().rowSize());
  buffers.bias = buffers.gain + row;
  buffers.parts = buffers.bias + row;
  return buffers;
}

/// Moments of the expansion of all positions, from the sums of their blocks.
kernels::Moments DConv::expandedMoments(std::size_t index, const Buffers& buffers,
                                        std::size_t width, std::size_t blocks) const {
  const Expansion& expansion = expansions_[index];
  const std::size_t narrow = layers_[index].expand.shape().in;
  const std::size_t stride = spreadStride(narrow);
  const auto count = static_cast<double>(width);
  const auto wide = static_cast<double>(layers_[index].expand.shape().out);
  // The mean's own contributions, with the mean hidden row taken twice: as it is, and off the
  // shift.
  double around = 0;    // of the squared lengths of W d, about the shift
  double offsets = 0;   // squared length of W (mean - shift)
  double lengths = 0;   // squared length of W mean
  double products = 0;  // W mean times b
  double total = expansion.biasSum;
  for (std::size_t block = 0; block < blocks; ++block) around += *buffers.squares(block, narrow);
  const auto offsetAt = [&](std::size_t i) {
    double sum = 0;
    for (std::size_t block = 0; block < blocks; ++block) {
      sum += static_cast<double>(buffers.sums(block, narrow)[i]);
    }
    return sum / count;
  };
  // Kept where the first block's sums were: each is read once more only.
  float* const offset = buffers.sums(0, narrow);
  for (std::size_t i = 0; i < narrow; ++i) offset[i] = static_cast<float>(offsetAt(i));
  for (std::size_t i = 0; i < narrow; ++i) {
    const double o = offset[i];
    const double m = o + static_cast<double>(expansion.shift[i]);
    total += expansion.columnSums[i] * m;
    products += expansion.biasProducts[i] * m;
    for (std::size_t j = 0; j < narrow; ++j) {
      const double g = expansion.gram[i * stride + j];
      offsets += g * o * static_cast<double>(offset[j]);
      lengths += g * m * (static_cast<double>(offset[j]) + expansion.shift[j]);
    }
  }
  const double mean = total / wide;
  const double within = around - count * offsets;
  const double between =
      count * (lengths + 2 * products + expansion.biasSquares - wide * mean * mean);
  return {count * wide, mean, std::max(0.0, within) + std::max(0.0, between)};
}

/// The second norm as gain and bias of the expansion's sums.
void DConv::foldNorm(const Layer& layer, const kernels::Moments& moments,
                     const Buffers& buffers) const {
  const PackedMatrix& weights = layer.expand.weights();
  const double inverse = inverseStd(moments);
  std::fill_n(buffers.gain, weights.rowSize(), 0.0f);
  std::fill_n(buffers.bias, weights.rowSize(), 0.0f);
  for (std::size_t c = 0; c < layer.expand.shape().out; ++c) {
    const std::size_t at = weights.placeOf(c);
    const double gain = inverse * static_cast<double>(layer.expandNorm.weight[c]);
    buffers.gain[at] = static_cast<float>(gain);
    buffers.bias[at] =
        static_cast<float>((static_cast<double>(weights.biasAt(c)) - moments.mean) * gain +
                           static_cast<double>(layer.expandNorm.bias[c]));
  }
}

// Both norms need statistics of the whole row before they can be applied, so each layer takes three
// passes.
template <typename Loop>
void DConv::run(float* x, const Shape& shape, float* hidden, float* scratch, std::size_t stride,
                Loop&& loop) const {
  if (layers_.empty()) return;
  const auto& [rows, width, block] = shape;
  const std::size_t blocks = blocksOf(width, block);
  const std::size_t rowSize = width * layers_[0].squeeze.shape().in;
  const auto buffersOf = [&](std::size_t row) {
    return carve(hidden + row * hiddenSize(width), width);
  };
  /// Calls body(row, block, begin, end, worker) for each block of positions of each row.
  const auto forAll = [&](auto&& body) {
    loop(rows * blocks, [&](std::size_t index, unsigned worker) {
      const std::size_t at = index % blocks;
      body(index / blocks, at, at * block, std::min(width, (at + 1) * block), worker);
    });
  };
  const kernels::MomentsFunction momentsOf =
      kernels::momentsBy(kernels_->norm, kernels_->groupNorm);
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    const Layer& layer = layers_[index];
    const Expansion& expansion = expansions_[index];
    const std::size_t narrow = layer.squeeze.outChannels();
    const std::size_t channels = layer.squeeze.shape().in;
    forAll([&](std::size_t row, std::size_t at, std::size_t begin, std::size_t end, unsigned) {
      const Buffers buffers = buffersOf(row);
      layer.squeeze.row(x + row * rowSize, 1, width, 0, begin, end, buffers.hidden, {});
      *buffers.moments(at, narrow) =
          momentsOf(buffers.hidden + begin * narrow, narrow, end - begin, narrow);
    });
    loop(rows, [&](std::size_t row, unsigned) {
      const Buffers buffers = buffersOf(row);
      kernels::Moments& all = *buffers.moments(0, narrow);
      for (std::size_t at = 1; at < blocks; ++at) {
        all = kernels::merge(all, *buffers.moments(at, narrow));
      }
    });
    forAll(
        [&](std::size_t row, std::size_t at, std::size_t begin, std::size_t end, unsigned worker) {
          const Buffers buffers = buffersOf(row);
          const kernels::Moments& moments = *buffers.moments(0, narrow);
          float* part = buffers.hidden + begin * narrow;
          kernels_->norm.applyGelu({part, narrow, part, narrow, end - begin, narrow, moments.mean,
                                    inverseStd(moments), layer.squeezeNorm.weight.data(),
                                    layer.squeezeNorm.bias.data()});
          *buffers.squares(at, narrow) = kernels_->norm.spread(
              {part, narrow, end - begin, narrow, expansion.shift.data(), expansion.gram.data(),
               buffers.sums(at, narrow), scratch + worker * stride});
        });
    loop(rows, [&](std::size_t row, unsigned) {
      const Buffers buffers = buffersOf(row);
      foldNorm(layer, expandedMoments(index, buffers, width, blocks), buffers);
    });
    forAll([&](std::size_t row, std::size_t, std::size_t begin, std::size_t end, unsigned) {
      const Buffers buffers = buffersOf(row);
      float* to = x + row * rowSize + begin * channels;
      layer.expand.row(buffers.hidden + begin * narrow, 1, end - begin, 0, 0, end - begin, to,
                       {.activation = kernels::Activation::kGlu,
                        .scale = layer.scale.data(),
                        .residual = to,
                        .gain = buffers.gain,
                        .bias = buffers.bias});
    });
  }
}

void DConv::row(float* x, std::size_t width, float* scratch) const {
  if (layers_.empty()) return;
  run(x, {1, width, rowBlock()}, scratch, scratch + hiddenSize(width), 0,
      [](std::size_t count, auto&& body) {
        for (std::size_t index = 0; index < count; ++index) body(index, 0u);
      });
}

void DConv::rows(float* x, std::size_t rows, std::size_t width, float* hidden, float* scratch,
                 std::size_t stride, core::ThreadPool& pool) const {
  if (layers_.empty()) return;
  run(x, {rows, width, rowBlock()}, hidden, scratch, stride,
      [&](std::size_t count, auto&& body) { pool.parallelFor(count, body); });
}

void DConv::wide(float* x, std::size_t width, float* hidden, float* scratch, std::size_t stride,
                 core::ThreadPool& pool) const {
  run(x, {1, width, blockOf(width)}, hidden, scratch, stride,
      [&](std::size_t count, auto&& body) { pool.parallelFor(count, body); });
}

}  // namespace stemwright::nn
