#include "nn/shaped_conv.h"

#include <doctest/doctest.h>

#include <vector>

#include "kernels/dispatch.h"
#include "tests/dsp/noise.h"

namespace stemwright {
namespace {

using nn::ConvShape;
using nn::ConvVariant;
using Values = std::vector<float>;

/// By definition, in double precision. @param weight [out, in, kernelHeight, kernelWidth]
Values reference(const ConvShape& s, const Values& x, std::size_t height, std::size_t width,
                 const Values& weight, const Values& bias) {
  Values y;
  for (std::size_t row = 0; row < s.outHeight(height); ++row) {
    for (std::size_t column = 0; column < s.outWidth(width); ++column) {
      for (std::size_t o = 0; o < s.out; ++o) {
        double sum = bias[o];
        for (std::size_t h = 0; h < s.kernelHeight; ++h) {
          for (std::size_t w = 0; w < s.kernelWidth; ++w) {
            const std::size_t r = row * s.strideHeight + h - s.paddingHeight;
            const std::size_t c = column * s.strideWidth + w - s.paddingWidth;
            if (r >= height || c >= width) continue;  // also those before the start
            for (std::size_t i = 0; i < s.in; ++i) {
              const std::size_t tap = ((o * s.in + i) * s.kernelHeight + h) * s.kernelWidth + w;
              sum += static_cast<double>(weight[tap]) * x[(r * width + c) * s.in + i];
            }
          }
        }
        y.push_back(static_cast<float>(sum));
      }
    }
  }
  return y;
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("a convolution of two dimensions is the same in every variant, at every level") {
    core::ThreadPool pool(2);
    const auto check = [&](const ConvShape& shape, std::size_t height, std::size_t width) {
      const std::size_t taps = shape.kernelHeight * shape.kernelWidth;
      const Values x = testing::noise(height * width * shape.in, 1);
      const Values weight = testing::noise(shape.out * shape.in * taps, 2);
      const Values bias = testing::noise(shape.out, 3);
      const Values expected = reference(shape, x, height, width, weight, bias);
      CAPTURE(height);
      CAPTURE(width);
      for (kernels::Isa isa : kernels::availableIsas()) {
        for (const auto variant :
             {ConvVariant::kDirect, ConvVariant::kVector, ConvVariant::kTiled}) {
          const bool isMono = shape.in == 1 && shape.out == 1 && shape.strideWidth == 1;
          if (variant == ConvVariant::kDirect && !isMono) continue;
          const nn::ShapedConv conv(*kernels::kernelsFor(isa), shape, weight.data(), bias.data(),
                                    variant);
          REQUIRE(conv.variant() == variant);
          Values got(expected.size() + 1, 7.0f);
          conv.forward(x.data(), height, width, got.data(), pool);
          REQUIRE(got.back() == 7.0f);
          for (std::size_t i = 0; i < expected.size(); ++i) {
            REQUIRE(got[i] == doctest::Approx(expected[i]).epsilon(1e-4).scale(10));
          }
        }
      }
    };
    for (const std::size_t in : {1u, 3u, 20u}) {
      for (const std::size_t out : {1u, 3u}) {
        for (const std::size_t kernelHeight : {1u, 3u}) {
          ConvShape shape{.in = in, .out = out, .kernelHeight = kernelHeight, .kernelWidth = 5};
          check(shape, 7, 40);
          shape.paddingHeight = 2;  // rows that meet zeros alone, where the kernel is one row high
          shape.paddingWidth = 3;
          check(shape, 7, 40);
          check(shape, 1, 2500);
          shape.strideHeight = 2;
          shape.strideWidth = 3;
          check(shape, 6, 37);
        }
      }
    }
  }

  TEST_CASE("the shape of its rows chooses the variant") {
    const Values weight(64 * 64 * 9, 0.5f);
    const auto chosen = [&](const ConvShape& shape) {
      const auto& level = *kernels::kernelsFor(kernels::availableIsas().back());
      const nn::ShapedConv conv(level, shape, weight.data(), nullptr);
      CHECK(conv.variant() == nn::Conv1d::variantFor(shape, false, level.gemm.lanes));
      return conv.variant();
    };
    CHECK(chosen({.in = 64, .out = 64, .kernelHeight = 3, .kernelWidth = 3}) ==
          ConvVariant::kTiled);
    if (kernels::kernelsFor(kernels::availableIsas().back())->gemm.lanes < 8) return;
    CHECK(chosen({.in = 1, .out = 1, .kernelHeight = 3, .kernelWidth = 3}) == ConvVariant::kDirect);
    CHECK(chosen({.in = 64, .out = 1, .kernelHeight = 3, .kernelWidth = 3}) ==
          ConvVariant::kVector);
  }
}

}  // namespace stemwright
