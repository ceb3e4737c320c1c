#include "gpu/ops.h"

#include <doctest/doctest.h>

#include <string>

#include "gpu/product_check.h"
#include "nn/conv.h"
#include "nn/kernels.h"
#include "tests/gpu/reference.h"

namespace stemwright {
namespace {

using gpu::Binding;
using gpu::Ops;
using gpu::Storage;
using namespace testing;

struct ConvCase {
  const char* name;
  nn::ConvShape shape;
  std::size_t height;
  std::size_t width;
  nn::Activation activation;
  bool hasScale;
  bool hasResidual;
};

/// On the device and by the scalar kernels, from the same PyTorch weight [out, in, taps].
void checkConv(const ConvCase& c, Storage storage) {
  CAPTURE(c.name);
  CAPTURE(static_cast<int>(storage));
  const nn::ConvShape& s = c.shape;
  const bool isGlu = c.activation == nn::Activation::kGlu;
  const std::size_t taps = s.kernelHeight * s.kernelWidth;
  const std::size_t stored = isGlu ? s.out / 2 : s.out;
  const std::size_t outHeight = s.outHeight(c.height);
  const std::size_t outWidth = s.outWidth(c.width);
  const std::size_t outputs = outHeight * outWidth * stored;
  const auto x = storedAs(storage, noiseOf(c.height * c.width * s.in, 1));
  const auto weight = storedAs(storage, noiseOf(s.out * s.in * taps, 2));
  const auto bias = noiseOf(s.out, 3);
  const auto scale = noiseOf(stored, 4);
  const auto residual = storedAs(storage, noiseOf(outputs, 5));

  std::vector<float> expected(outputs);
  nn::Conv(scalar(), s, isGlu, weight.data(), bias.data())
      .forward(x.data(), c.height, c.width, expected.data(),
               {.activation = c.activation,
                .scale = c.hasScale ? scale.data() : nullptr,
                .residual = c.hasResidual ? residual.data() : nullptr},
               pool());

  const auto column = [&](std::size_t n) { return isGlu ? n / 2 + n % 2 * stored : n; };
  const gpu::Weight packed = valueOf(gpu::uploadWeight(
      *testDevice(), storage, taps * s.in, s.out,
      [&](std::size_t k, std::size_t n) {
        return weight[(column(n) * s.in + k % s.in) * taps + k / s.in];
      },
      [&](std::size_t n) { return bias[column(n)]; }));
  const Binding y = room(outputs, storage);
  gpu::ConvCall call{.label = c.name,
                     .x = put(x, storage),
                     .weight = &packed,
                     .inChannels = s.in,
                     .inHeight = c.height,
                     .inWidth = c.width,
                     .outHeight = outHeight,
                     .outWidth = outWidth,
                     .kernelHeight = s.kernelHeight,
                     .kernelWidth = s.kernelWidth,
                     .strideHeight = s.strideHeight,
                     .strideWidth = s.strideWidth,
                     .dilationWidth = s.dilationWidth,
                     .paddingHeight = s.paddingHeight,
                     .paddingWidth = s.paddingWidth,
                     .activation = static_cast<gpu::Activation>(c.activation),
                     .y = y};
  if (c.hasScale) call.scale = put(scale);
  if (c.hasResidual) call.residual = put(residual, storage);
  gpu::Dispatch dispatch = Ops(*testDevice(), storage).conv(call);
  runOnDevice(dispatch);
  CHECK(worstError(get(y, storage), expected) < boundOf(storage));
  // As matrix units would compute it, in plain code.
  const gpu::Shader* const emulated = gpu::findShader(
      std::string(s.in % 4 == 0 ? "gemm_emulated_64x64" : "gemm_emulated_scalar_64x64") +
      (storage == Storage::kHalf ? "_f16" : "_f32"));
  REQUIRE(emulated != nullptr);
  if (!testDevice()->supports(*emulated)) return;
  dispatch.shader = emulated;
  dispatch.groups = {static_cast<std::uint32_t>((outHeight * outWidth + 63) / 64),
                     static_cast<std::uint32_t>((s.out + 63) / 64), 1};
  dispatch.bindings[6] = dispatch.bindings[7] = room(outputs, storage);
  runOnDevice(dispatch);
  CHECK(worstError(get(dispatch.bindings[6], storage), expected) < boundOf(storage));
}

constexpr nn::Activation kNone = nn::Activation::kNone;
constexpr nn::Activation kGelu = nn::Activation::kGelu;
constexpr nn::Activation kGlu = nn::Activation::kGlu;

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("products and convolutions equal the scalar ones") {
    const ConvCase cases[] = {
        {"one value", {.in = 1, .out = 1}, 1, 1, kNone, false, false},
        {"linear, primes", {.in = 37, .out = 23}, 1, 131, kGelu, true, true},
        {"linear, just over a tile", {.in = 20, .out = 97}, 1, 129, kNone, false, true},
        {"linear, wide", {.in = 64, .out = 192}, 1, 130, kGelu, false, false},
        {"linear, one row", {.in = 512, .out = 64}, 1, 1, kNone, true, false},
        {"narrow", {.in = 48, .out = 6}, 1, 65, kNone, false, false},
        {"gate, odd", {.in = 7, .out = 10}, 1, 67, kGlu, true, true},
        {"gate, wide", {.in = 48, .out = 96}, 1, 257, kGlu, false, true},
        {"time, first layer",
         {.in = 2, .out = 48, .kernelWidth = 8, .strideWidth = 4, .paddingWidth = 2},
         1,
         401,
         kGelu,
         false,
         false},
        {"dilated",
         {.in = 48, .out = 6, .kernelWidth = 3, .dilationWidth = 2, .paddingWidth = 2},
         1,
         67,
         kNone,
         false,
         false},
        {"frequency",
         {.in = 4, .out = 48, .kernelHeight = 8, .strideHeight = 4, .paddingHeight = 2},
         32,
         5,
         kGelu,
         false,
         false},
        {"3 x 3 with gates",
         {.in = 24,
          .out = 48,
          .kernelHeight = 3,
          .kernelWidth = 3,
          .paddingHeight = 1,
          .paddingWidth = 1},
         7,
         13,
         kGlu,
         false,
         false},
        {"3 x 3, odd",
         {.in = 5,
          .out = 14,
          .kernelHeight = 3,
          .kernelWidth = 3,
          .paddingHeight = 1,
          .paddingWidth = 1},
         3,
         3,
         kGlu,
         false,
         false},
    };
    for (const Storage storage : storages()) {
      for (const ConvCase& c : cases) checkConv(c, storage);
    }
  }

  TEST_CASE("a product that loses what floats hold is told from one that does not") {
    const gpu::Shader& plain = *gpu::findShader("gemm_64x64_f32");
    CHECK(gpu::keepsFloat(*testDevice(), plain));
    CHECK(gpu::keepsFloat(*testDevice(), *gpu::findShader("gemm_emulated_64x64_f32")));
    // Reads other numbers than were put there.
    CHECK_FALSE(gpu::keepsFloat(*testDevice(), *gpu::findShader("gemm_64x64_f16")));
    for (const char* const name : {"attention_f32", "attention_emulated_f32"}) {
      CHECK(gpu::attentionKeepsFloat(*testDevice(), *gpu::findShader(name)));
    }
    CHECK_FALSE(gpu::attentionKeepsFloat(*testDevice(), *gpu::findShader("attention_f16")));
    const gpu::Shader& product = *gpu::findShader("gemm_matrix_64x64_f32");
    CHECK(gpu::keepsFloat(*testDevice(), product) == testDevice()->supports(product));
    const gpu::Shader& attention = *gpu::findShader("attention_matrix_f32");
    CHECK(gpu::attentionKeepsFloat(*testDevice(), attention) == testDevice()->supports(attention));
  }

  TEST_CASE("transposed convolutions along the height equal the scalar phases") {
    for (const Storage storage : storages()) {
      for (const std::size_t out : {24ul, 16ul, 5ul}) {
        const std::size_t in = 12;
        const std::size_t height = 9;
        const std::size_t width = 7;
        const std::size_t kernel = 8;
        const std::size_t stride = 4;
        const std::size_t crop = 2;
        const auto x = storedAs(storage, noiseOf(height * width * in, 1));
        const auto weight = storedAs(storage, noiseOf(in * out * kernel, 2));
        const auto bias = noiseOf(out, 3);
        const std::size_t rows = height * stride;
        const auto residual = storedAs(storage, noiseOf(rows * width * out, 4));
        std::vector<float> expected(rows * width * out);
        for (std::size_t row = 0; row < rows; ++row) {
          const std::size_t full = row + crop;
          const auto phase = nn::Conv::transposedHeightPhase(
              scalar(), in, out, kernel, stride, full % stride, weight.data(), bias.data());
          phase.row(x.data(), height, width, full / stride, 0, width,
                    expected.data() + row * width * out,
                    {.activation = kGelu, .residual = residual.data() + row * width * out});
        }
        const gpu::Weight packed = valueOf(gpu::uploadWeight(
            *testDevice(), storage, 2 * in, stride * out,
            [&](std::size_t k, std::size_t n) {
              const std::size_t tap = k / in;
              return weight[(k % in * out + n % out) * kernel + n / out + (1 - tap) * stride];
            },
            [&](std::size_t n) { return bias[n % out]; }));
        const Binding y = room(expected.size(), storage);
        runOnDevice(Ops(*testDevice(), storage)
                        .conv({.label = "transposed",
                               .x = put(x, storage),
                               .weight = &packed,
                               .inChannels = in,
                               .inHeight = height,
                               .inWidth = width,
                               .outHeight = height + 1,
                               .outWidth = width,
                               .kernelHeight = 2,
                               .paddingHeight = 1,
                               .phases = stride,
                               .crop = crop,
                               .keptRows = rows,
                               .activation = gpu::Activation::kGelu,
                               .residual = put(residual, storage),
                               .y = y}));
        CHECK(worstError(get(y, storage), expected) < boundOf(storage));
      }
    }
  }
}

}  // namespace stemwright
