#include "gpu/ops.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <map>
#include <numbers>

#include "core/thread_pool.h"
#include "dsp/convolution/convolver.h"
#include "dsp/stft.h"
#include "gpu/arena.h"
#include "gpu/convolution.h"
#include "gpu/product_check.h"
#include "gpu/recurrent.h"
#include "kernels/dispatch.h"
#include "nn/attention.h"
#include "nn/conv.h"
#include "nn/norm.h"
#include "nn/recurrent.h"
#include "tests/gpu/test_device.h"

namespace stemwright {
namespace {

using gpu::Binding;
using gpu::Ops;
using gpu::Storage;
using testing::get;
using testing::noiseOf;
using testing::put;
using testing::room;
using testing::runOnDevice;
using testing::storedAs;
using testing::testDevice;
using testing::valueOf;
using testing::worstError;

const kernels::Kernels& scalar() {
  return *kernels::kernelsFor(kernels::Isa::kScalar);
}

core::ThreadPool& pool() {
  static core::ThreadPool threads(2);
  return threads;
}

/// Relative to the largest output: float rounds at 6e-8 a step, half at 5e-4 once.
double boundOf(Storage storage) {
  return storage == Storage::kHalf ? 1.5e-3 : 1e-5;
}

std::vector<Storage> storages() {
  std::vector<Storage> all{Storage::kFloat};
  if ((testDevice()->info().features & gpu::kHalf) != 0) all.push_back(Storage::kHalf);
  return all;
}

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
      storage == Storage::kHalf ? "gemm_emulated_64x64_f16" : "gemm_emulated_64x64_f32");
  REQUIRE(emulated != nullptr);
  if (s.in % 4 != 0 || !testDevice()->supports(*emulated)) return;
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
    const gpu::Shader& units = *gpu::findShader("gemm_matrix_64x64_f32");
    CHECK(gpu::keepsFloat(*testDevice(), units) == testDevice()->supports(units));
    const gpu::Shader& attention = *gpu::findShader("attention_matrix_f32");
    CHECK_FALSE(testDevice()->supports(attention));
    CHECK_FALSE(gpu::attentionKeepsFloat(*testDevice(), attention));
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

  TEST_CASE("group norm by each algorithm, with what follows it") {
    struct Case {
      std::size_t batch, rows, channels, groups;
    };
    for (const Storage storage : storages()) {
      const Ops ops(*testDevice(), storage);
      for (const Case& c :
           {Case{1, 1, 2, 1}, Case{3, 67, 10, 1}, Case{2, 131, 12, 3}, Case{1, 1500, 24, 1}}) {
        for (const auto algorithm :
             {gpu::MomentsAlgorithm::kStandard, gpu::MomentsAlgorithm::kKahan,
              gpu::MomentsAlgorithm::kWelford}) {
          CAPTURE(c.rows);
          CAPTURE(static_cast<int>(algorithm));
          const std::size_t count = c.batch * c.rows * c.channels;
          const auto x = storedAs(storage, noiseOf(count, 1));
          const nn::Affine affine{noiseOf(c.channels, 2), noiseOf(c.channels, 3)};
          std::vector<float> expected = x;
          for (std::size_t b = 0; b < c.batch; ++b) {
            nn::groupNorm(scalar(), expected.data() + b * c.rows * c.channels, c.rows, c.channels,
                          c.groups, affine, pool());
          }
          const std::size_t blocks = gpu::momentsBlocks(c.rows, c.channels, c.groups);
          const Binding stats = room(4 * c.batch * c.groups);
          const Binding in = put(x, storage);
          const auto recordStats = [&] {
            return ops.moments({.label = "moments",
                                .x = in,
                                .parts = room(4 * blocks * c.batch * c.groups),
                                .stats = stats,
                                .batch = c.batch,
                                .rows = c.rows,
                                .channels = c.channels,
                                .groups = c.groups,
                                .algorithm = algorithm});
          };
          gpu::NormCall norm{.label = "norm",
                             .x = in,
                             .stats = stats,
                             .weight = put(affine.weight),
                             .bias = put(affine.bias),
                             .y = room(count, storage),
                             .batch = c.batch,
                             .rows = c.rows,
                             .channels = c.channels,
                             .groups = c.groups};
          gpu::Recording recording = recordStats();
          recording.add(ops.norm(norm));
          norm.after = NORM_GELU;
          const Binding plain = norm.y;
          norm.y = room(count, storage);
          recording.add(ops.norm(norm));
          runOnDevice(recording);
          CHECK(worstError(get(plain, storage), expected) < 3 * boundOf(storage));
          for (float& value : expected) {
            value = 0.5f * value * (1.0f + std::erf(value * 0.70710678f));
          }
          CHECK(worstError(get(norm.y, storage), expected) < 3 * boundOf(storage));
        }
      }
    }
  }

  TEST_CASE("a mean of 1000 ruins the plain sums and neither of the others") {
    const std::size_t rows = 500;
    const std::size_t channels = 8;
    auto x = noiseOf(rows * channels, 1);
    for (float& value : x) value += 1000.0f;
    const nn::Affine affine{std::vector<float>(channels, 1.0f), std::vector<float>(channels, 0.0f)};
    std::vector<float> expected = x;
    nn::groupNorm(scalar(), expected.data(), rows, channels, 1, affine, pool());
    const Ops ops(*testDevice(), Storage::kFloat);
    const auto errorBy = [&](gpu::MomentsAlgorithm algorithm) {
      const Binding in = put(x);
      const Binding stats = room(4);
      const Binding y = room(x.size());
      gpu::Recording recording =
          ops.moments({.label = "moments",
                       .x = in,
                       .parts = room(4 * gpu::momentsBlocks(rows, channels, 1)),
                       .stats = stats,
                       .rows = rows,
                       .channels = channels,
                       .algorithm = algorithm});
      recording.add(ops.norm({.label = "norm",
                              .x = in,
                              .stats = stats,
                              .weight = put(affine.weight),
                              .bias = put(affine.bias),
                              .y = y,
                              .rows = rows,
                              .channels = channels}));
      runOnDevice(recording);
      return worstError(get(y), expected);
    };
    CHECK(errorBy(gpu::MomentsAlgorithm::kKahan) < 1e-4);
    CHECK(errorBy(gpu::MomentsAlgorithm::kWelford) < 1e-3);
    CHECK(errorBy(gpu::MomentsAlgorithm::kStandard) > 1e-3);
  }

  TEST_CASE("the gated sum of a residual branch, and a level") {
    for (const Storage storage : storages()) {
      const Ops ops(*testDevice(), storage);
      const std::size_t rows = 61;
      const std::size_t channels = 7;
      const auto x = storedAs(storage, noiseOf(rows * 2 * channels, 1));
      const auto before = storedAs(storage, noiseOf(rows * channels, 2));
      const auto weight = noiseOf(2 * channels, 3);
      const auto bias = noiseOf(2 * channels, 4);
      const auto scale = noiseOf(channels, 5);
      const std::vector<float> stats{0.25f, 2.0f, 0.5f, 0.0f};
      std::vector<float> expected = before;
      for (std::size_t r = 0; r < rows; ++r) {
        for (std::size_t c = 0; c < channels; ++c) {
          const auto at = [&](std::size_t n) {
            return (x[r * 2 * channels + n] - stats[0]) * stats[1] * weight[n] + bias[n];
          };
          expected[r * channels + c] += scale[c] * at(2 * c) / (1.0f + std::exp(-at(2 * c + 1)));
        }
      }
      const Binding y = put(before, storage);
      runOnDevice(ops.norm({.label = "gated",
                            .x = put(x, storage),
                            .stats = put(stats),
                            .weight = put(weight),
                            .bias = put(bias),
                            .scale = put(scale),
                            .y = y,
                            .rows = rows,
                            .channels = 2 * channels,
                            .after = NORM_GLU_ADD}));
      CHECK(worstError(get(y, storage), expected) < boundOf(storage));

      // A level: floats in, stored out.
      const auto signal = noiseOf(999, 6);
      double mean = 0;
      for (const float v : signal) mean += static_cast<double>(v) / 999.0;
      double squares = 0;
      for (const float v : signal) squares += std::pow(static_cast<double>(v) - mean, 2.0);
      const double deviation = std::sqrt(squares / 998.0);
      std::vector<float> levelled;
      for (const float v : signal) {
        levelled.push_back(
            static_cast<float>((static_cast<double>(v) - mean) / (1e-5 + deviation)));
      }
      const Binding found = room(4);
      const Binding out = room(999, storage);
      gpu::Recording recording = ops.moments({.label = "level",
                                              .x = put(signal),
                                              .parts = room(4 * gpu::momentsBlocks(333, 3, 1)),
                                              .stats = found,
                                              .rows = 333,
                                              .channels = 3,
                                              .isLevel = true,
                                              .isFloat = true});
      recording.add(ops.norm({.label = "level",
                              .x = put(signal),
                              .stats = found,
                              .y = out,
                              .rows = 333,
                              .channels = 3,
                              .after = NORM_LEVEL,
                              .isFloat = true}));
      runOnDevice(recording);
      CHECK(worstError(get(out, storage), levelled) < boundOf(storage));
      CHECK(get(found)[2] == doctest::Approx(deviation).epsilon(1e-5));
    }
  }

  TEST_CASE("layer norm and sums") {
    for (const Storage storage : storages()) {
      const Ops ops(*testDevice(), storage);
      for (const std::size_t channels : {1ul, 13ul, 129ul, 512ul}) {
        const std::size_t rows = 5;
        const auto x = storedAs(storage, noiseOf(rows * channels, 1));
        const nn::Affine affine{noiseOf(channels, 2), noiseOf(channels, 3)};
        const auto addend = noiseOf(rows * channels, 4);
        std::vector<float> expected(x.size());
        nn::layerNorm(scalar(), x.data(), expected.data(), rows, channels, affine, pool());
        for (std::size_t i = 0; i < x.size(); ++i) expected[i] += addend[i];
        const Binding y = room(x.size(), storage);
        runOnDevice(ops.layerNorm("layer norm", put(x, storage), put(affine.weight),
                                  put(affine.bias), put(addend), y, rows, channels));
        CHECK(worstError(get(y, storage), expected) < boundOf(storage));
        const Binding sum = room(x.size(), storage);
        runOnDevice(ops.add("sum", put(x, storage), put(x, storage), sum, x.size()));
        std::vector<float> twice = x;
        for (float& value : twice) value += value;
        CHECK(worstError(get(sum, storage), twice) == 0.0);
      }
    }
  }

  TEST_CASE("attention equals the scalar one, heads of every width, odd lengths") {
    struct Case {
      std::size_t queries, keys, heads, width;
    };
    for (const Storage storage : storages()) {
      for (const Case& c :
           {Case{1, 1, 1, 4}, Case{65, 33, 2, 12}, Case{64, 31, 3, 24}, Case{7, 97, 1, 64}}) {
        CAPTURE(c.queries);
        CAPTURE(static_cast<int>(storage));
        const std::size_t dim = c.heads * c.width;
        // Projections that copy, so that the layer gives the attention of what it is fed.
        std::vector<float> identity(3 * dim * dim, 0.0f);
        for (std::size_t i = 0; i < 3 * dim; ++i) identity[i * dim + i % dim] = 1.0f;
        const std::vector<float> none(3 * dim, 0.0f);
        const nn::Attention reference(scalar(), dim, c.heads, identity.data(), none.data(),
                                      identity.data(), none.data());
        auto query = noiseOf(c.queries * dim, 1);
        for (float& value : query) value *= 4.0f;  // weights far from even
        query = storedAs(storage, std::move(query));
        const auto memory = storedAs(storage, noiseOf(c.keys * dim, 2));
        std::vector<float> expected(c.queries * dim);
        core::AlignedBuffer<float> scratch(reference.scratchSize(c.queries, c.keys, 2));
        reference.forward(query.data(), c.queries, memory.data(), c.keys, expected.data(), {},
                          scratch.data(), pool());
        std::vector<float> keyValue;
        for (std::size_t key = 0; key < c.keys; ++key) {
          for (int twice = 0; twice < 2; ++twice) {
            keyValue.insert(keyValue.end(), memory.begin() + static_cast<std::ptrdiff_t>(key * dim),
                            memory.begin() + static_cast<std::ptrdiff_t>((key + 1) * dim));
          }
        }
        const Binding y = room(expected.size(), storage);
        gpu::Dispatch dispatch = Ops(*testDevice(), storage)
                                     .attention({.label = "attention",
                                                 .query = put(query, storage),
                                                 .memory = put(keyValue, storage),
                                                 .y = y,
                                                 .queries = c.queries,
                                                 .keys = c.keys,
                                                 .heads = c.heads,
                                                 .width = c.width,
                                                 .queryStride = dim,
                                                 .keyStride = 2 * dim,
                                                 .keyOffset = 0,
                                                 .valueOffset = dim});
        runOnDevice(dispatch);
        CHECK(worstError(get(y, storage), expected) < boundOf(storage));
        // The same without subgroups, with them, and as matrix units would, in plain code.
        for (const std::string name : {"attention", "attention_subgroup", "attention_emulated"}) {
          CAPTURE(name);
          dispatch.shader = gpu::findShader(name + (storage == Storage::kHalf ? "_f16" : "_f32"));
          REQUIRE(dispatch.shader != nullptr);
          if (!testDevice()->supports(*dispatch.shader)) continue;
          const std::size_t rows = name == "attention_emulated" ? 32 : 64;
          dispatch.groups[0] = static_cast<std::uint32_t>((c.queries + rows - 1) / rows);
          dispatch.bindings.back() = room(expected.size(), storage);
          runOnDevice(dispatch);
          CHECK(worstError(get(dispatch.bindings.back(), storage), expected) < boundOf(storage));
        }
      }
    }
  }

  TEST_CASE("transforms of 1 to 16384 points, both ways") {
    for (std::size_t size = 1; size <= 16384; size *= size < 4 ? 2 : size < 256 ? 8 : 2) {
      CAPTURE(size);
      const std::size_t batch = 3;
      const auto x = noiseOf(2 * batch * size, 1);
      const auto fft = valueOf(gpu::Fft::create(*testDevice(), size));
      const Binding y = room(x.size());
      const Binding back = room(x.size());
      const Binding scratch = room(x.size());
      gpu::Recording recording = fft.record(false, 1.0f, batch, put(x), y, scratch);
      recording.append(fft.record(true, 1.0f / static_cast<float>(size), batch, y, back, scratch));
      runOnDevice(recording);
      CHECK(worstError(get(back), x) < 2e-6);
      // Bins of the second signal by the definition.
      const auto spectrum = get(y);
      for (const std::size_t bin : {std::size_t{0}, size / 3, size - 1}) {
        std::complex<double> sum;
        for (std::size_t n = 0; n < size; ++n) {
          const double phase = -2 * std::numbers::pi * static_cast<double>(bin * n % size) /
                               static_cast<double>(size);
          const std::size_t at = 2 * (size + n);
          sum += std::complex<double>(x[at], x[at + 1]) * std::polar(1.0, phase);
        }
        const double unit = std::sqrt(static_cast<double>(size));
        CHECK(std::abs(sum.real() - static_cast<double>(spectrum[2 * (size + bin)])) / unit < 2e-6);
        CHECK(std::abs(sum.imag() - static_cast<double>(spectrum[2 * (size + bin) + 1])) / unit <
              2e-6);
      }
    }
    CHECK_FALSE(gpu::Fft::create(*testDevice(), 24).ok());
    CHECK_FALSE(gpu::Fft::create(*testDevice(), 32768).ok());
  }

  TEST_CASE("STFT and its inverse equal the processor's") {
    for (const std::size_t size : {256ul, 1024ul, 4096ul}) {
      CAPTURE(size);
      const std::size_t hop = size / 4;
      const std::size_t samples = 3 * size + 17;
      const auto x = noiseOf(samples, 1);
      auto stft = valueOf(dsp::Stft::create({.nFft = size, .hop = hop}, scalar()));
      const std::size_t frames = stft.frames(samples);
      const std::size_t bins = stft.bins();
      std::vector<float> expected(frames * bins * 2);
      core::AlignedBuffer<float> scratch(stft.scratchSize());
      testing::require(stft.forward(x, expected.data(), scratch.data()));

      const auto fft = valueOf(gpu::Fft::create(*testDevice(), size));
      const Ops ops(*testDevice(), Storage::kFloat);
      const std::vector<float> window(stft.window().begin(), stft.window().end());
      const Binding spectra = room(expected.size());
      gpu::StftArgs forward;
      forward.size = static_cast<std::uint32_t>(size);
      forward.hop = static_cast<std::uint32_t>(hop);
      forward.frames = static_cast<std::uint32_t>(frames);
      forward.signals = 1;
      forward.samples = static_cast<std::uint32_t>(samples);
      forward.sampleStride = 1;
      forward.left = static_cast<std::uint32_t>(size / 2);
      forward.bins = static_cast<std::uint32_t>(bins);
      forward.binStride = 1;
      forward.frameStride = static_cast<std::uint32_t>(bins);
      forward.twiddleStride = 1;
      runOnDevice(ops.stft("stft", put(x), fft.twiddles(), put(window), spectra, forward));
      CHECK(worstError(get(spectra), expected) < 2e-6);

      // Back: a window scaled by the sum of its squares, 1.5 at fourfold overlap.
      std::vector<float> scaled = window;
      for (float& value : scaled) value /= 1.5f;
      gpu::IstftArgs inverse;
      inverse.size = forward.size;
      inverse.frames = forward.frames;
      inverse.signals = 1;
      inverse.bins = forward.bins;
      inverse.binStride = 1;
      inverse.frameStride = forward.frameStride;
      inverse.twiddleStride = 1;
      const Binding pieces = room(frames * size);
      gpu::OverlapAddArgs add;
      add.size = forward.size;
      add.hop = forward.hop;
      add.frames = forward.frames;
      add.signals = 1;
      add.channels = 1;
      add.samples = forward.samples;
      add.lead = forward.left;
      add.hasFrames = 1;
      const Binding restored = room(samples);
      gpu::Recording recording;
      recording.add(ops.istft("istft", spectra, fft.twiddles(), put(scaled), {}, pieces, inverse));
      recording.add(ops.overlapAdd("overlap", pieces, {}, {}, restored, add));
      runOnDevice(recording);
      // The ends lack frames; between them every sample comes back.
      const auto y = get(restored);
      const auto middle = [&](const std::vector<float>& v) {
        return std::vector<float>(v.begin() + static_cast<std::ptrdiff_t>(size / 2),
                                  v.end() - static_cast<std::ptrdiff_t>(size));
      };
      CHECK(worstError(middle(y), middle(x)) < 2e-6);
    }
  }

  TEST_CASE("a long response is convolved as the sum says, in any layout of channels") {
    struct Case {
      std::size_t channels, responses, taps;
    };
    constexpr std::size_t kFrames = 2 * gpu::Convolution::kBlock;
    for (const Case& c :
         {Case{1, 1, 1}, Case{2, 1, 1025}, Case{1, 2, 1024}, Case{2, 2, 3001}, Case{2, 4, 2500}}) {
      CAPTURE(c.responses);
      CAPTURE(c.taps);
      std::vector<std::vector<float>> taps;
      std::vector<std::span<const float>> response;
      for (std::uint32_t r = 0; r < c.responses; ++r) taps.push_back(noiseOf(c.taps, r + 10));
      for (const auto& channel : taps) response.push_back(channel);
      const auto convolution =
          valueOf(gpu::Convolution::create(*testDevice(), response, c.channels, kFrames));
      dsp::ConvolverOptions options;
      options.mode = dsp::ConvolutionMode::kDirect;
      options.channels = c.channels;
      const auto reference = valueOf(dsp::Convolver::create(response, options, scalar()));
      REQUIRE(convolution->outputs() == reference->outputs());
      for (int round = 0; round < 3; ++round) {
        if (round == 2) {
          convolution->reset();
          reference->reset();
        }
        const auto in = noiseOf(c.channels * kFrames, static_cast<std::uint32_t>(round + 1));
        std::vector<float> out(convolution->outputs() * kFrames, NAN);
        std::vector<float> expected(out.size());
        testing::require(convolution->process(in, out));
        const float* from[2] = {in.data(), in.data() + (c.channels - 1) * kFrames};
        float* to[2] = {expected.data(), expected.data() + (convolution->outputs() - 1) * kFrames};
        reference->process(from, to, kFrames);
        CHECK(worstError(out, expected) < 2e-6);
      }
    }
    const std::vector<float> one(10, 1.0f);
    const std::span<const float> three[] = {one, one, one};
    CHECK_FALSE(gpu::Convolution::create(*testDevice(), three, 2, kFrames).ok());
    CHECK_FALSE(gpu::Convolution::create(*testDevice(), std::span(three).first(1), 2, 100).ok());
  }

  TEST_CASE("LSTM and GRU, steps and sequences, equal the scalar ones and keep their state") {
    struct Case {
      bool isGru;
      std::size_t input, hidden, layers;
      bool isBidirectional;
      std::size_t batch, steps;
    };
    for (const Case& c :
         {Case{false, 1, 1, 1, false, 1, 1}, Case{false, 7, 37, 2, false, 3, 5},
          Case{true, 7, 37, 2, false, 3, 5}, Case{false, 20, 131, 1, true, 1, 9},
          Case{true, 20, 131, 2, true, 2, 4}, Case{true, 64, 256, 1, false, 1, 1}}) {
      CAPTURE(c.hidden);
      CAPTURE(c.isGru);
      std::map<std::string, std::vector<float>> values;
      const auto parameters =
          [&](const std::string& name) -> std::optional<std::span<const float>> {
        const bool isInput = name.find("_ih") != std::string::npos;
        const bool isFirst = name.find("_l0") != std::string::npos;
        const std::size_t width = isFirst ? c.input : (c.isBidirectional ? 2 : 1) * c.hidden;
        const std::size_t depth = name.starts_with("bias") ? 1 : isInput ? width : c.hidden;
        auto [found, isNew] = values.try_emplace(name);
        if (isNew) {
          found->second = noiseOf((c.isGru ? 3 : 4) * c.hidden * depth,
                                  static_cast<std::uint32_t>(values.size()));
          for (float& value : found->second) value *= 0.3f;
        }
        return found->second;
      };
      auto reference = valueOf(
          nn::Recurrent::create({c.isGru ? nn::RecurrentCell::kGru : nn::RecurrentCell::kLstm,
                                 c.input, c.hidden, c.layers, c.isBidirectional},
                                parameters, scalar()));
      testing::require(reference.prepare(c.batch, c.steps));
      const auto recurrent = valueOf(gpu::Recurrent::create(
          *testDevice(), {c.isGru, c.input, c.hidden, c.layers, c.isBidirectional}, parameters,
          c.batch, c.steps));
      for (std::uint32_t round = 0; round < 3; ++round) {
        if (round == 2) {
          reference.resetState();
          testing::require(recurrent->resetState());
        }
        const auto x = noiseOf(recurrent->inputSize(), round + 100);
        std::vector<float> out(recurrent->outputSize(), NAN);
        std::vector<float> expected(out.size());
        testing::require(recurrent->process(x, out));
        testing::require(reference.process(x.data(), c.steps, expected.data()));
        CHECK(worstError(out, expected) < 1e-5);
      }
    }
    const auto none = [](const std::string&) { return std::optional<std::span<const float>>(); };
    CHECK_FALSE(gpu::Recurrent::create(*testDevice(), {false, 1, 1, 1, false}, none, 1, 1).ok());
    CHECK_FALSE(gpu::Recurrent::create(*testDevice(), {false, 1, 1025, 1, false}, none, 1, 1).ok());
    const std::vector<float> notNumbers(4, NAN);
    const auto broken = [&](const std::string& name) {
      return name.starts_with("weight") ? std::optional<std::span<const float>>(notNumbers)
                                        : std::nullopt;
    };
    const auto made = gpu::Recurrent::create(*testDevice(), {false, 1, 1, 1, false}, broken, 1, 1);
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().code == core::ErrorCode::kModel);
    CHECK(made.error().message.find("no numbers") != std::string::npos);
  }

  TEST_CASE("buffers that are used at different times share their place, others do not") {
    gpu::Arena arena;
    gpu::Binding a, b, c, d;
    arena.add(a, 1000, 1);
    arena.add(b, 3000, 2);
    arena.add(c, 500, 1 | 2);
    arena.add(d, 1, 4);
    testing::require(arena.allocate(*testDevice()));
    const auto overlap = [](const gpu::Binding& x, const gpu::Binding& y) {
      return x.offset < y.offset + y.bytes && y.offset < x.offset + x.bytes;
    };
    CHECK_FALSE(overlap(a, c));
    CHECK_FALSE(overlap(b, c));
    CHECK(overlap(a, b));
    CHECK(arena.bytes() == 3072 + 512);
    for (const gpu::Binding* one : {&a, &b, &c, &d}) {
      CHECK(one->offset % gpu::kOffsetAlignment == 0);
      CHECK(one->buffer == a.buffer);
    }
  }
}

}  // namespace stemwright
