#include "nn/line_conv.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "tests/support/noise.h"
#include "tests/support/safetensors.h"

// Winograd's way along a line beside the direct one, which conv_test compares with the definition.

namespace stemwright {
namespace {

using kernels::Activation;

struct Signal {
  std::size_t width, columns;
  Activation activation;
  bool hasResidual;
};

/// Both ways over one signal; the line shared by one and by three threads.
void compare(const nn::LineConv& line, const nn::Conv& direct, const Signal& signal) {
  CAPTURE(signal.width);
  CAPTURE(signal.columns);
  REQUIRE(line.outChannels() == direct.outChannels());
  const std::size_t size = signal.columns * line.outChannels();
  const std::vector<float> x = testing::uniformNoise(signal.width * line.shape().in, 1, 1);
  const std::vector<float> residual = testing::uniformNoise(size, 2, 1);
  core::ThreadPool alone(1);
  std::vector<float> expected = residual;
  direct.forward(
      x.data(), 1, signal.width, signal.columns, expected.data(),
      {.activation = signal.activation, .residual = signal.hasResidual ? expected.data() : nullptr},
      alone);
  std::vector<float> first;
  for (const unsigned threads : {1u, 3u}) {
    core::ThreadPool pool(threads);
    core::AlignedBuffer<float> scratch(threads * line.scratchSize());
    std::vector<float> out = residual;
    out.push_back(1e9f);
    line.forward(
        x.data(), signal.width, signal.columns, out.data(),
        {.activation = signal.activation, .residual = signal.hasResidual ? out.data() : nullptr},
        scratch.data(), line.scratchSize(), pool);
    CHECK(out.back() == 1e9f);
    out.pop_back();
    if (first.empty()) first = out;
    CHECK(out == first);
  }
  CHECK(testing::relativeRms(first, expected) < 3e-6);
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("Winograd's way along a line stays near the direct one at every level and length") {
    for (const kernels::Isa isa : kernels::availableIsas()) {
      const std::string level(kernels::isaName(isa));
      CAPTURE(level);
      const kernels::Kernels& kernels = *kernels::kernelsFor(isa);
      for (const std::size_t channels : {24u, 40u, 53u}) {
        CAPTURE(channels);
        const auto gain = 1.0f / static_cast<float>(channels);
        const std::vector<float> bias = testing::uniformNoise(8 * channels, 3, 0.5f);
        const std::vector<float> weight =
            testing::uniformNoise(8 * 2 * channels * channels, 4, gain);
        const nn::ConvShape three{
            .in = channels, .out = 2 * channels, .kernelWidth = 3, .paddingWidth = 1};
        const nn::LineConv gated(kernels, three, true, weight.data(), bias.data());
        const nn::Conv gatedDirect(kernels, three, true, weight.data(), bias.data());
        const nn::ConvShape strided{.in = channels,
                                    .out = 2 * channels,
                                    .kernelWidth = 8,
                                    .strideWidth = 4,
                                    .paddingWidth = 2};
        const nn::LineConv down(kernels, strided, false, weight.data(), bias.data());
        const nn::Conv downDirect(kernels, strided, false, weight.data(), bias.data());
        const auto up = nn::LineConv::transposed(kernels, channels, channels / 2, 8, 4,
                                                 weight.data(), bias.data());
        const auto upDirect = nn::Conv::transposedWidth(kernels, channels, channels / 2, 8, 4,
                                                        weight.data(), bias.data());
        for (const nn::LineConv* line : {&gated, &down, &up}) CHECK(line->isWinograd());
        for (const std::size_t width : {1u, 4u, 7u, 250u}) {
          compare(gated, gatedDirect, {width, width, Activation::kGlu, false});
          compare(down, downDirect, {width, (width + 3) / 4, Activation::kGelu, false});
          compare(up, upDirect, {width, width + 1, Activation::kGelu, true});
          compare(up, upDirect, {width, width + 1, Activation::kNone, false});
        }
      }
    }
  }

  TEST_CASE("what Winograd's way along a line cannot do, or not gain by, is done directly") {
    const std::vector<float> weight = testing::uniformNoise(64 * 64 * 8, 1, 0.1f);
    const std::vector<float> bias = testing::uniformNoise(64, 2, 0.1f);
    const nn::ConvShape shape{.in = 32, .out = 64, .kernelWidth = 3, .paddingWidth = 1};
    const auto lineOf = [&](const kernels::Kernels& level, auto&& change) {
      nn::ConvShape changed = shape;
      change(changed);
      return nn::LineConv(level, changed, false, weight.data(), bias.data());
    };
    const kernels::Kernels& level = kernels::kernels();
    CHECK(lineOf(level, [](nn::ConvShape&) {}).isWinograd());
    CHECK_FALSE(lineOf(level, [](nn::ConvShape& s) { s.dilationWidth = 2; }).isWinograd());
    CHECK_FALSE(lineOf(level, [](nn::ConvShape& s) { s.kernelWidth = 5; }).isWinograd());
    CHECK_FALSE(lineOf(level, [](nn::ConvShape& s) { s.in = 2; }).isWinograd());
    for (const kernels::Kernels* bf16 : kernels::bf16Kernels()) {
      const nn::LineConv line = lineOf(*bf16, [](nn::ConvShape&) {});
      CHECK_FALSE(line.isWinograd());
      compare(line, nn::Conv(*bf16, shape, false, weight.data(), bias.data()),
              {30, 30, Activation::kNone, false});
    }
  }
}

}  // namespace stemwright
