#include "gpu/ops.h"

#include <doctest/doctest.h>

#include <cmath>

#include "nn/attention.h"
#include "nn/norm.h"
#include "tests/gpu/reference.h"

namespace stemwright {
namespace {

using gpu::Binding;
using gpu::Ops;
using gpu::Storage;
using namespace testing;

}  // namespace

TEST_SUITE("gpu") {
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
}

}  // namespace stemwright
