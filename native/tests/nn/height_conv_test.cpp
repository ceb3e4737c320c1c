#include "nn/height_conv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "tests/support/noise.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

using kernels::Activation;

constexpr std::size_t kStride = 4;
constexpr std::size_t kKernel = 8;
constexpr std::size_t kPadding = 2;  // of the one, crop of the other

struct Image {
  std::size_t height, width, in, out;
};

nn::ConvShape shapeOf(const Image& image) {
  return {.in = image.in,
          .out = image.out,
          .kernelHeight = kKernel,
          .strideHeight = kStride,
          .paddingHeight = kPadding};
}

struct Parameters {
  std::vector<float> weight, bias;
};

Parameters parametersOf(const Image& image) {
  return {
      testing::uniformNoise(image.in * image.out * kKernel, 2, 1.0f / static_cast<float>(image.in)),
      testing::uniformNoise(image.out, 3, 0.5f)};
}

/// residual + GELU of the sums, in double.
/// @param weightAt weight of output channel c, input channel k that takes input row y to output row
///                 `row`, or 0
template <typename WeightAt>
std::vector<float> reference(const Image& image, std::size_t rows, const std::vector<float>& x,
                             const std::vector<float>& bias, const std::vector<float>& residual,
                             WeightAt&& weightAt) {
  std::vector<float> out(rows * image.width * image.out);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t c = i % image.out;
    const std::size_t column = i / image.out % image.width;
    const std::size_t row = i / image.out / image.width;
    double sum = bias[c];
    for (std::size_t y = 0; y < image.height; ++y) {
      for (std::size_t k = 0; k < image.in; ++k) {
        const double at = x[(y * image.width + column) * image.in + k];
        sum += at * weightAt(row, y, k, c);
      }
    }
    out[i] = static_cast<float>(residual[i] + 0.5 * sum * (1 + std::erf(sum / std::sqrt(2.0))));
  }
  return out;
}

/// The same by the layer, on one and on three threads.
void check(const nn::HeightConv& conv, const Image& image, std::size_t rows,
           const std::vector<float>& x, const std::vector<float>& residual,
           const std::vector<float>& expected, double bound) {
  REQUIRE(conv.outChannels() == image.out);
  std::vector<float> first;
  for (const unsigned threads : {1u, 3u}) {
    core::ThreadPool pool(threads);
    core::AlignedBuffer<float> scratch(threads * conv.scratchSize());
    std::vector<float> out = residual;
    out.push_back(1e9f);
    conv.forward(x.data(), image.height, image.width, rows, out.data(),
                 {.activation = Activation::kGelu, .residual = out.data()}, scratch.data(),
                 conv.scratchSize(), pool);
    CHECK(out.back() == 1e9f);
    out.pop_back();
    if (first.empty()) first = out;
    CHECK(out == first);
  }
  CHECK(testing::relativeRms(first, expected) < bound);
}

void checkStrided(const kernels::Kernels& kernels, const Image& image, double bound) {
  const auto [weight, bias] = parametersOf(image);
  const nn::ConvShape shape = shapeOf(image);
  const std::size_t rows = shape.outHeight(image.height);
  const std::size_t rowSize = image.width * image.out;
  const std::vector<float> x = testing::uniformNoise(image.height * image.width * image.in, 1);
  const std::vector<float> residual = testing::uniformNoise(rows * rowSize, 4);
  const auto weightAt = [&, weight = weight](std::size_t row, std::size_t y, std::size_t k,
                                             std::size_t c) {
    const std::size_t tap = y + kPadding - row * kStride;  // wraps where there is none
    return tap < kKernel ? static_cast<double>(weight[(c * image.in + k) * kKernel + tap]) : 0.0;
  };
  const std::vector<float> expected = reference(image, rows, x, bias, residual, weightAt);
  const nn::HeightConv conv(kernels, shape, weight.data(), bias.data());
  check(conv, image, rows, x, residual, expected, bound);

  // Some rows at a time give the same.
  core::AlignedBuffer<float> scratch(conv.scratchSize());
  std::vector<float> out = residual;
  const std::size_t together = conv.rowsAtOnce();
  for (std::size_t row = 0; row < rows; row += together) {
    float* const at = out.data() + row * rowSize;
    conv.rows(x.data(), image.height, image.width, row, std::min(together, rows - row), at,
              {.activation = Activation::kGelu, .residual = at}, scratch.data());
  }
  CHECK(testing::relativeRms(out, expected) < bound);
}

void checkTransposed(const kernels::Kernels& kernels, const Image& image, double bound) {
  const auto [weight, bias] = parametersOf(image);
  const std::size_t rows = image.height * kStride;
  const std::vector<float> x = testing::uniformNoise(image.height * image.width * image.in, 1);
  const std::vector<float> residual = testing::uniformNoise(rows * image.width * image.out, 4);
  const auto weightAt = [&, weight = weight](std::size_t row, std::size_t y, std::size_t k,
                                             std::size_t c) {
    const std::size_t tap = row + kPadding - y * kStride;
    return tap < kKernel ? static_cast<double>(weight[(k * image.out + c) * kKernel + tap]) : 0.0;
  };
  check(nn::HeightConv::transposed(kernels, image.in, image.out, kKernel, kStride, kPadding,
                                   weight.data(), bias.data()),
        image, rows, x, residual, reference(image, rows, x, bias, residual, weightAt), bound);
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE(
      "Winograd's way along the height stays near the sums in double at every level and size") {
    for (const kernels::Isa isa : kernels::availableIsas()) {
      const std::string level(kernels::isaName(isa));
      CAPTURE(level);
      const kernels::Kernels& kernels = *kernels::kernelsFor(isa);
      for (const Image& image : {Image{4, 1, 24, 3}, Image{7, 5, 40, 16}, Image{16, 61, 24, 48},
                                 Image{18, 130, 53, 33}}) {
        CAPTURE(image.height);
        checkStrided(kernels, image, 3e-6);
        checkTransposed(kernels, image, 3e-6);
      }
    }
  }

  TEST_CASE("what Winograd's way along the height cannot do, or not gain by, is done directly") {
    const Image shallow{9, 20, 4, 12};
    const Image deep{9, 20, 32, 12};
    const auto [weight, bias] = parametersOf(deep);
    const kernels::Kernels& level = kernels::kernels();
    CHECK(nn::HeightConv(level, shapeOf(deep), weight.data(), bias.data()).isWinograd());
    CHECK_FALSE(nn::HeightConv(level, shapeOf(shallow), weight.data(), bias.data()).isWinograd());
    nn::ConvShape other = shapeOf(deep);
    other.kernelHeight = 5;
    CHECK_FALSE(nn::HeightConv(level, other, weight.data(), bias.data()).isWinograd());
    checkStrided(level, shallow, 1e-6);
    checkTransposed(level, shallow, 1e-6);
    for (const kernels::Kernels* bf16 : kernels::bf16Kernels()) {
      CHECK_FALSE(nn::HeightConv(*bf16, shapeOf(deep), weight.data(), bias.data()).isWinograd());
      checkStrided(*bf16, deep, 5e-3);
      checkTransposed(*bf16, deep, 5e-3);
    }
  }
}

}  // namespace stemwright
