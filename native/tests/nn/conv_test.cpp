#include "nn/conv1d.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

#include "core/half.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

using nn::ConvShape;

/// Deterministic values in [-1, 1).
std::vector<float> noise(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = static_cast<float>(seed >> 8) / 8388608.0f - 1.0f;
  }
  return values;
}

/// The definition: [width, in] to [outWidth, out], zeros outside, weight [out, in, kernel].
std::vector<float> reference(const ConvShape& s, const std::vector<float>& x, std::size_t width,
                             const std::vector<float>& weight, const std::vector<float>& bias) {
  std::vector<float> out;
  for (std::size_t column = 0; column < s.outWidth(width); ++column) {
    for (std::size_t o = 0; o < s.out; ++o) {
      double sum = bias[o];
      for (std::size_t tap = 0; tap < s.kernelWidth; ++tap) {
        const std::size_t at = column * s.strideWidth + tap * s.dilationWidth;
        if (at < s.paddingWidth || at - s.paddingWidth >= width) continue;
        for (std::size_t i = 0; i < s.in; ++i) {
          sum += static_cast<double>(x[(at - s.paddingWidth) * s.in + i]) *
                 static_cast<double>(weight[(o * s.in + i) * s.kernelWidth + tap]);
        }
      }
      out.push_back(static_cast<float>(sum));
    }
  }
  return out;
}

std::vector<float> rounded(std::vector<float> values) {
  for (float& value : values) value = core::bfloat16ToFloat(core::floatToBfloat16(value));
  return values;
}

/// A level of bf16 is held against the definition with what it rounds.
void check(const kernels::Kernels& level, const ConvShape& shape, std::size_t width,
           core::ThreadPool& pool) {
  const std::vector<float> x = noise(width * shape.in, 1);
  const std::vector<float> weight = noise(shape.out * shape.in * shape.kernelWidth, 2);
  const std::vector<float> bias = noise(shape.out, 3);
  const nn::Conv conv(level, shape, false, weight.data(), bias.data());
  const std::vector<float> expected =
      level.weightGemm.isBf16 ? reference(shape, rounded(x), width, rounded(weight), bias)
                              : reference(shape, x, width, weight, bias);
  std::vector<float> out(expected.size(), NAN);
  conv.forward(x.data(), 1, width, out.data(), {}, pool);
  CAPTURE(width);
  CAPTURE(shape.kernelWidth);
  CAPTURE(shape.strideWidth);
  CAPTURE(shape.dilationWidth);
  CAPTURE(shape.paddingWidth);
  REQUIRE((expected.empty() || testing::relativeRms(out, expected) < 1e-5));
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("one-dimensional convolutions in each variant equal the definition") {
    using nn::ConvVariant;
    core::ThreadPool pool(2);
    for (kernels::Isa isa : kernels::availableIsas()) {
      const kernels::Kernels& level = *kernels::kernelsFor(isa);
      for (const std::size_t taps : {1u, 2u, 9u, 65u}) {
        for (const auto& [in, out] : {std::pair<std::size_t, std::size_t>{1, 1}, {1, 3}, {7, 2}}) {
          for (const std::size_t stride : {1u, 3u}) {
            for (const std::size_t padding : {std::size_t{0}, taps / 2, taps + 3}) {
              const ConvShape shape{.in = in,
                                    .out = out,
                                    .kernelWidth = taps,
                                    .strideWidth = stride,
                                    .paddingWidth = padding};
              const std::vector<float> weight = noise(out * in * taps, 2), bias = noise(out, 3);
              for (const auto variant :
                   {ConvVariant::kDirect, ConvVariant::kVector, ConvVariant::kTiled}) {
                const bool isMono = in == 1 && out == 1 && stride == 1;
                if (variant == ConvVariant::kDirect && !isMono) continue;
                const nn::Conv1d conv(level, shape, kernels::Activation::kNone, weight.data(),
                                      bias.data(), kernels::WeightType::kFp32, variant);
                for (const std::size_t steps : {1u, 40u, 90u, 2100u}) {
                  const std::vector<float> x = noise(steps * in, 1);
                  const std::vector<float> expected = reference(shape, x, steps, weight, bias);
                  std::vector<float> got(expected.size() + 1, 7.0f);
                  conv.forward(x.data(), steps, got.data(), pool, nullptr);
                  CAPTURE(taps);
                  CAPTURE(steps);
                  CAPTURE(padding);
                  REQUIRE(got.back() == 7.0f);
                  got.pop_back();
                  REQUIRE((expected.empty() || testing::relativeRms(got, expected) < 1e-5));
                }
              }
            }
          }
        }
      }
    }
  }

  TEST_CASE("the shape chooses the variant of a one-dimensional convolution") {
    using nn::ConvVariant;
    const auto chosen = [](const ConvShape& shape, bool glu = false) {
      return nn::Conv1d::variantFor(shape, glu, 16);
    };
    CHECK(chosen({.in = 1, .out = 1, .kernelWidth = 9}) == ConvVariant::kDirect);
    CHECK(chosen({.in = 1, .out = 1, .kernelWidth = 65}) == ConvVariant::kVector);
    CHECK(chosen({.in = 1, .out = 1, .kernelWidth = 65, .dilationWidth = 2}) ==
          ConvVariant::kTiled);
    CHECK(chosen({.in = 64, .out = 2, .kernelWidth = 3}) == ConvVariant::kVector);
    CHECK(chosen({.in = 64, .out = 2, .kernelWidth = 3}, true) == ConvVariant::kTiled);
    CHECK(chosen({.in = 2, .out = 2, .kernelWidth = 3}) == ConvVariant::kTiled);
    CHECK(chosen({.in = 64, .out = 64, .kernelWidth = 3}) == ConvVariant::kTiled);
    const std::vector<float> weight(64 * 2 * 3, 0.5f);
    const ConvShape shape{.in = 64, .out = 2, .kernelWidth = 3};
    const nn::Conv1d narrow(kernels::kernels(), shape, kernels::Activation::kNone, weight.data(),
                            nullptr, kernels::WeightType::kFp16);
    CHECK(narrow.variant() == ConvVariant::kTiled);
  }

  TEST_CASE("convolutions of any width, also narrower than the kernel, meet zeros outside") {
    core::ThreadPool pool(2);
    for (kernels::Isa isa : kernels::availableIsas()) {
      const std::string level(kernels::isaName(isa));
      CAPTURE(level);
      for (std::size_t kernel : {1u, 2u, 3u, 8u}) {
        for (std::size_t stride : {1u, 2u, 4u}) {
          for (std::size_t dilation : {1u, 3u}) {
            for (std::size_t padding : {0u, 1u, 4u, 9u}) {
              const ConvShape shape{.in = 3,
                                    .out = 5,
                                    .kernelWidth = kernel,
                                    .strideWidth = stride,
                                    .dilationWidth = dilation,
                                    .paddingWidth = padding};
              for (std::size_t width : {1u, 2u, 3u, 5u, 7u, 8u, 13u, 23u}) {
                check(*kernels::kernelsFor(isa), shape, width, pool);
              }
            }
          }
        }
      }
    }
  }

  TEST_CASE("columns of every number are whole vectors, one more and one less") {
    core::ThreadPool pool(1);
    for (kernels::Isa isa : kernels::availableIsas()) {
      for (std::size_t out : {1u, 3u, 4u, 5u, 15u, 16u, 17u, 31u, 32u, 33u, 65u}) {
        for (std::size_t width : {1u, 6u, 13u, 14u, 15u, 29u}) {
          check(*kernels::kernelsFor(isa),
                {.in = 2, .out = out, .kernelWidth = 3, .paddingWidth = 1}, width, pool);
        }
      }
    }
  }

  TEST_CASE("bf16 rounds weights and inputs, and nothing else") {
    core::ThreadPool pool(2);
    for (const kernels::Kernels* level : kernels::bf16Kernels()) {
      for (const std::size_t in : {1u, 2u, 31u, 32u, 33u, 48u}) {
        for (const std::size_t out : {1u, 16u, 17u, 33u, 96u}) {
          for (const std::size_t width : {1u, 5u, 17u, 33u, 300u}) {
            check(*level, {.in = in, .out = out}, width, pool);
            check(*level,
                  {.in = in, .out = out, .kernelWidth = 3, .dilationWidth = 2, .paddingWidth = 2},
                  width, pool);
            check(*level,
                  {.in = in, .out = out, .kernelWidth = 8, .strideWidth = 4, .paddingWidth = 2},
                  width, pool);
          }
        }
      }
    }
  }

  TEST_CASE("bf16 products in several pieces, with every epilogue, equal those in one") {
    core::ThreadPool pool(1);
    const std::size_t in = 1000;  // more than fits the scratch at once
    const std::size_t width = 257;
    const std::vector<float> x = rounded(noise(width * in, 1));
    const std::vector<float> residual = noise(width * 40, 4);
    const std::vector<float> scale = noise(40, 5);
    for (const kernels::Kernels* level : kernels::bf16Kernels()) {
      for (const auto activation :
           {kernels::Activation::kNone, kernels::Activation::kGelu, kernels::Activation::kGlu}) {
        const bool glu = activation == kernels::Activation::kGlu;
        const std::size_t out = glu ? 80 : 40;
        const std::vector<float> weight = rounded(noise(out * in * 3, 2));
        const std::vector<float> bias = noise(out, 3);
        const ConvShape shape{.in = in, .out = out, .kernelWidth = 3, .paddingWidth = 1};
        const nn::Epilogue epilogue{activation, scale.data(), residual.data()};
        std::vector<float> expected(width * 40, NAN);
        std::vector<float> result(width * 40, NAN);
        const nn::Conv exact(kernels::kernels(), shape, glu, weight.data(), bias.data());
        exact.forward(x.data(), 1, width, expected.data(), epilogue, pool);
        const nn::Conv conv(*level, shape, glu, weight.data(), bias.data());
        conv.forward(x.data(), 1, width, result.data(), epilogue, pool);
        CHECK(testing::relativeRms(result, expected) < 1e-5);
        CHECK(conv.bytes() < exact.bytes() * 6 / 10);
      }
    }
  }

  TEST_CASE("positions that lie apart give what they give side by side") {
    const std::size_t width = 137;
    const auto spread = [](const std::vector<float>& rows, std::size_t from, std::size_t to) {
      std::vector<float> apart(rows.size() / from * to, 7.0f);
      for (std::size_t i = 0; i < rows.size(); ++i) apart[i / from * to + i % from] = rows[i];
      return apart;
    };
    std::vector<const kernels::Kernels*> levels(kernels::bf16Kernels().begin(),
                                                kernels::bf16Kernels().end());
    for (const kernels::Isa isa : kernels::availableIsas()) {
      levels.push_back(kernels::kernelsFor(isa));
    }
    for (const std::size_t kernel : {1u, 3u}) {
      const ConvShape shape{.in = 48, .out = 40, .kernelWidth = kernel, .paddingWidth = kernel / 2};
      const std::vector<float> x = noise(width * shape.in, 1);
      const std::vector<float> weight = noise(shape.out * shape.in * kernel, 2);
      const std::vector<float> bias = noise(shape.out, 3);
      const std::vector<float> residual = noise(width * shape.out, 4);
      for (const kernels::Kernels* level : levels) {
        nn::Conv conv(*level, shape, false, weight.data(), bias.data());
        for (const unsigned threads : {1u, 3u}) {
          core::ThreadPool pool(threads);
          std::vector<float> expected = residual;
          conv.forward(x.data(), 1, width, expected.data(), {.residual = expected.data()}, pool);
          nn::Conv spaced(*level, shape, false, weight.data(), bias.data());
          spaced.space(64, 56);
          const std::vector<float> apart = spread(x, shape.in, 64);
          std::vector<float> result = spread(residual, shape.out, 56);
          spaced.forward(apart.data(), 1, width, result.data(), {.residual = result.data()}, pool);
          CHECK(testing::relativeRms(result, spread(expected, shape.out, 56)) < 3e-7);
          CHECK(result[shape.out] == 7.0f);
        }
      }
    }
    CHECK(nn::pitchOf(2048) == 2064);
    CHECK(nn::pitchOf(2056) == 2056);
  }

  TEST_CASE("a kernel larger than the padded input gives no positions") {
    CHECK(ConvShape{.kernelWidth = 8, .paddingWidth = 2}.outWidth(3) == 0);
    CHECK(ConvShape{.kernelWidth = 8, .paddingWidth = 2}.outWidth(4) == 1);
    CHECK(ConvShape{.kernelHeight = 3}.outHeight(2) == 0);
  }
}

}  // namespace stemwright
