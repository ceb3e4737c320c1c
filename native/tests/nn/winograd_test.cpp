#include <doctest/doctest.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "nn/winograd.h"
#include "tests/support/noise.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

nn::ConvShape shapeOf(std::size_t channels) {
  return {.in = channels,
          .out = 2 * channels,
          .kernelHeight = 3,
          .kernelWidth = 3,
          .paddingHeight = 1,
          .paddingWidth = 1};
}

struct Image {
  std::size_t height, width, channels;
};

/// The sums in double, then GLU.
std::vector<float> reference(const Image& image, const std::vector<float>& x,
                             const std::vector<float>& weight, const std::vector<float>& bias) {
  const auto [height, width, channels] = image;
  std::vector<float> out(height * width * channels);
  const auto sumAt = [&](std::size_t row, std::size_t column, std::size_t c) {
    double sum = bias[c];
    for (std::size_t tap = 0; tap < 9; ++tap) {
      const std::size_t y = row + tap / 3;  // one too high
      const std::size_t at = column + tap % 3;
      if (y < 1 || y > height || at < 1 || at > width) continue;
      for (std::size_t k = 0; k < channels; ++k) {
        sum += static_cast<double>(weight[(c * channels + k) * 9 + tap]) *
               x[((y - 1) * width + at - 1) * channels + k];
      }
    }
    return sum;
  };
  for (std::size_t i = 0; i < out.size(); ++i) {
    const std::size_t c = i % channels;
    const std::size_t column = i / channels % width;
    const std::size_t row = i / channels / width;
    out[i] = static_cast<float>(sumAt(row, column, c) /
                                (1 + std::exp(-sumAt(row, column, channels + c))));
  }
  return out;
}

struct Errors {
  double winograd, direct;
};

/// Relative errors of both ways at one level; the Winograd one alone and shared.
Errors errorsOf(const kernels::Kernels& kernels, const Image& image) {
  const auto [height, width, channels] = image;
  const nn::ConvShape shape = shapeOf(channels);
  const std::vector<float> x = testing::uniformNoise(height * width * channels, 1, 1);
  const std::vector<float> weight =
      testing::uniformNoise(2 * channels * channels * 9, 2, 1.0f / static_cast<float>(channels));
  const std::vector<float> bias = testing::uniformNoise(2 * channels, 3, 0.5f);
  const std::vector<float> expected = reference(image, x, weight, bias);

  REQUIRE(nn::WinogradConv::serves(kernels, shape));
  const nn::WinogradConv winograd(kernels, shape, weight.data(), bias.data());
  core::AlignedBuffer<float> tiles(winograd.tilesSize(height, width));
  std::vector<float> first;
  for (const unsigned threads : {1u, 3u}) {
    core::ThreadPool pool(threads);
    core::AlignedBuffer<float> scratch(threads * winograd.scratchSize());
    std::vector<float> out(expected.size() + 1, 1e9f);
    winograd.forward(x.data(), height, width, out.data(), tiles.data(), scratch.data(),
                     winograd.scratchSize(), pool);
    CHECK(out.back() == 1e9f);
    out.pop_back();
    if (first.empty()) first = out;
    CHECK(out == first);
  }
  const nn::Conv conv(kernels, shape, true, weight.data(), bias.data());
  core::ThreadPool pool(1);
  std::vector<float> direct(expected.size());
  conv.forward(x.data(), height, width, direct.data(), {.activation = kernels::Activation::kGlu},
               pool);
  return {testing::relativeRms(first, expected), testing::relativeRms(direct, expected)};
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("Winograd's convolution stays near the direct one at every level and odd size") {
    for (const kernels::Isa isa : kernels::availableIsas()) {
      const std::string level(kernels::isaName(isa));
      CAPTURE(level);
      for (const Image& image :
           {Image{1, 1, 3}, Image{3, 5, 8}, Image{4, 4, 16}, Image{9, 130, 20}, Image{8, 33, 48}}) {
        CAPTURE(image.channels);
        const Errors errors = errorsOf(*kernels::kernelsFor(isa), image);
        CAPTURE(errors.direct);
        CHECK(errors.winograd < 3e-6);
        CHECK(errors.direct < 1e-6);
      }
    }
  }

  TEST_CASE("Winograd's convolution leaves to others what it cannot do") {
    const kernels::Kernels& level = kernels::kernels();
    nn::ConvShape shape = shapeOf(8);
    CHECK(nn::WinogradConv::serves(level, shape));
    for (const kernels::Kernels* bf16 : kernels::bf16Kernels()) {
      CHECK_FALSE(nn::WinogradConv::serves(*bf16, shape));
    }
    shape.paddingWidth = 0;
    CHECK_FALSE(nn::WinogradConv::serves(level, shape));
    shape = shapeOf(8);
    shape.strideHeight = 2;
    CHECK_FALSE(nn::WinogradConv::serves(level, shape));
    shape = shapeOf(8);
    shape.kernelHeight = 1;
    CHECK_FALSE(nn::WinogradConv::serves(level, shape));
  }
}

}  // namespace stemwright
