#include "nn/conv1d.h"

#include <algorithm>

#include "nn/blocks.h"

namespace stemwright::nn {

constexpr std::size_t kFirSlack = kernels::ConvolutionKernels::kFirSlack;

/// Costs are in multiply-adds of a vector, from timings at lanes 4, 8 and 16: a window takes its
/// length and the summing up of lanes for each output, tiles take as long for one output as for a
/// vector of them.
ConvVariant Conv1d::variantFor(const ConvShape& shape, bool glu, std::size_t lanes) noexcept {
  if (glu || shape.dilationWidth != 1 || lanes == 1) return ConvVariant::kTiled;
  const std::size_t window = shape.kernelWidth * shape.in;
  const bool isNarrow = lanes <= 4;  // and has no cheap way to load part of a vector
  const bool isMono = shape.in == 1 && shape.out == 1 && shape.strideWidth == 1;
  if (isMono && (isNarrow || window < 2 * lanes)) return ConvVariant::kDirect;
  if (isNarrow && window % lanes != 0) return ConvVariant::kTiled;
  const bool areFew = shape.out * (4 * lanes + window) < 5 * lanes + 6 * window;
  return areFew ? ConvVariant::kVector : ConvVariant::kTiled;
}

Conv1d::Conv1d(const kernels::Kernels& kernels, const ConvShape& shape,
               kernels::Activation activation, const float* weight, const float* bias,
               kernels::WeightType type, std::optional<ConvVariant> forced)
    : kernels_(&kernels), shape_(shape), activation_(activation) {
  const bool glu = activation == kernels::Activation::kGlu;
  const bool isFloat = type == kernels::WeightType::kFp32;
  variant_ =
      !isFloat ? ConvVariant::kTiled : forced.value_or(variantFor(shape, glu, kernels.gemm.lanes));
  if (variant_ == ConvVariant::kTiled) {
    tiled_ = Conv(kernels, shape, glu, weight, bias);
    if (!isFloat) tiled_.narrow(type);
    return;
  }
  const std::size_t taps = shape.kernelWidth;
  weights_ = core::AlignedBuffer<float>(shape.out * taps * shape.in);
  bias_ = core::AlignedBuffer<float>(shape.out);
  for (std::size_t o = 0; o < shape.out; ++o) {
    bias_[o] = bias == nullptr ? 0.0f : bias[o];
    for (std::size_t tap = 0; tap < taps; ++tap) {
      const std::size_t place = variant_ == ConvVariant::kDirect ? taps - 1 - tap : tap;
      for (std::size_t i = 0; i < shape.in; ++i) {
        weights_[(o * taps + place) * shape.in + i] = weight[(o * shape.in + i) * taps + tap];
      }
    }
  }
}

std::size_t Conv1d::outChannels() const noexcept {
  return variant_ == ConvVariant::kTiled ? tiled_.outChannels() : shape_.out;
}

std::size_t Conv1d::bytes() const noexcept {
  return variant_ == ConvVariant::kTiled ? tiled_.bytes() : weights_.bytes() + bias_.bytes();
}

/// Outputs [begin, end): those whose window lies within the input at once, others one by one.
void Conv1d::windows(const float* x, std::size_t steps, std::size_t begin, std::size_t end,
                     float* out) const {
  const std::size_t taps = shape_.kernelWidth;
  const std::size_t in = shape_.in;
  const auto run = [&](std::size_t from, std::size_t columns, std::size_t firstTap,
                       std::size_t count) {
    const std::size_t at = from * shape_.strideWidth + firstTap - shape_.paddingWidth;
    kernels_->convolution.windows(x + at * in, shape_.strideWidth * in, columns,
                                  weights_.data() + firstTap * in, taps * in, count * in,
                                  shape_.out, bias_.data(), out + (from - begin) * shape_.out);
  };
  for (std::size_t column = begin; column < end;) {
    const std::size_t at = column * shape_.strideWidth;  // of the first tap, in the padded input
    const std::size_t first =
        at < shape_.paddingWidth ? std::min(taps, shape_.paddingWidth - at) : 0;
    const std::size_t inputEnd = steps + shape_.paddingWidth;
    const std::size_t last =
        at >= inputEnd ? first : std::max(first, std::min(taps, inputEnd - at));
    if (first == last) {
      std::copy(bias_.begin(), bias_.end(), out + (column++ - begin) * shape_.out);
      continue;
    }
    std::size_t columns = 1;
    if (first == 0 && last == taps) {
      columns = std::min(end - column, (inputEnd - taps - at) / shape_.strideWidth + 1);
    }
    run(column, columns, first, last - first);
    column += columns;
  }
}

/// Outputs [begin, end) of one channel; near the ends, of which the kernel reads too much, by hand.
void Conv1d::direct(const float* x, std::size_t steps, std::size_t slack, std::size_t begin,
                    std::size_t end, float* out) const {
  const std::size_t taps = shape_.kernelWidth;
  const std::size_t padding = shape_.paddingWidth;
  const std::size_t whole = steps + padding;
  const std::size_t from = std::clamp(padding, begin, end);
  const std::size_t missing = kFirSlack - std::min(slack, kFirSlack);
  const std::size_t to =
      std::clamp(whole + 1 < taps + missing ? from : whole + 1 - taps - missing, from, end);
  std::fill(out, out + (end - begin), bias_[0]);
  const auto byHand = [&](std::size_t first, std::size_t last) {
    for (std::size_t t = first; t < last; ++t) {
      for (std::size_t tap = 0; tap < taps; ++tap) {
        const std::size_t at = t + tap;
        if (at < padding || at >= whole) continue;
        out[t - begin] += weights_[taps - 1 - tap] * x[at - padding];
      }
    }
  };
  byHand(begin, from);
  if (from < to) {
    kernels_->convolution.fir(x + (from - padding) + (taps - 1), weights_.data(), taps,
                              out + (from - begin), to - from);
  }
  byHand(to, end);
}

void Conv1d::columns(const float* x, std::size_t steps, std::size_t slack, std::size_t begin,
                     std::size_t end, float* out) const {
  if (variant_ == ConvVariant::kDirect) return direct(x, steps, slack, begin, end, out);
  windows(x, steps, begin, end, out);
}

void Conv1d::forward(const float* x, std::size_t steps, float* out, core::ThreadPool& pool,
                     float* scratch) const {
  if (variant_ == ConvVariant::kTiled) {
    return tiled_.forward(x, 1, steps, out, {.activation = activation_}, pool, scratch);
  }
  constexpr std::size_t kBlock = 1024;
  const std::size_t total = shape_.outWidth(steps);
  pool.parallelFor(blocksOf(total, kBlock), [&](std::size_t index, unsigned) {
    const std::size_t begin = index * kBlock;
    const std::size_t end = std::min(total, begin + kBlock);
    float* const from = out + begin * shape_.out;
    columns(x, steps, 0, begin, end, from);
    if (activation_ == kernels::Activation::kGelu) {
      kernels_->elementwise.gelu(from, from, (end - begin) * shape_.out);
    }
  });
}

}  // namespace stemwright::nn
