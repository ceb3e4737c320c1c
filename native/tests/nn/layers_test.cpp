#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/attention.h"
#include "nn/conv.h"
#include "nn/norm.h"
#include "tests/support/safetensors.h"

// Each layer against PyTorch's float64 result, at every level.

namespace stemwright {
namespace {

using kernels::Kernels;
using testing::FixtureTensor;
using Values = std::vector<float>;

constexpr double kTolerance = 1e-5;

const testing::Fixture& fixture() {
  static const testing::Fixture layers("layers.safetensors");
  return layers;
}

const FixtureTensor& at(const std::string& name) {
  return fixture()[name];
}

/// [channels, positions] to [positions, channels].
Values channelsLast(const float* x, std::size_t channels, std::size_t positions) {
  Values out(channels * positions);
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t p = 0; p < positions; ++p) out[p * channels + c] = x[c * positions + p];
  }
  return out;
}

Values channelsFirst(const Values& x, std::size_t channels) {
  return channelsLast(x.data(), x.size() / channels, channels);
}

template <typename Check>
void onEveryLevel(Check&& check) {
  core::ThreadPool pool(2);
  for (kernels::Isa isa : kernels::availableIsas()) {
    const std::string level(kernels::isaName(isa));
    CAPTURE(level);
    check(*kernels::kernelsFor(isa), pool);
  }
}

/// Runs `layer` on each item of the case's batch and compares all of it.
/// @param layer Values(const float* item): channels first in, channels first out
template <typename Layer>
void compare(const std::string& name, Layer&& layer) {
  CAPTURE(name);
  const FixtureTensor& input = at(name + "/input");
  const std::size_t batch = input.shape[0];
  const std::size_t size = input.size() / batch;
  Values all;
  for (std::size_t item = 0; item < batch; ++item) {
    const Values out = layer(input.data() + item * size);
    all.insert(all.end(), out.begin(), out.end());
  }
  CHECK(testing::relativeRms(all, at(name + "/output").span()) < kTolerance);
}

void checkConv(const Kernels& k, core::ThreadPool& pool, const std::string& name,
               nn::ConvShape shape, std::size_t height, std::size_t width) {
  const FixtureTensor& weight = at(name + "/weight");
  shape.out = weight.shape[0];
  shape.in = weight.shape[1];
  const nn::Conv conv(k, shape, false, weight.data(), at(name + "/bias").data());
  compare(name, [&](const float* item) {
    const Values x = channelsLast(item, shape.in, height * width);
    Values out(shape.outHeight(height) * shape.outWidth(width) * shape.out, NAN);
    conv.forward(x.data(), height, width, out.data(), {}, pool);
    return channelsFirst(out, shape.out);
  });
}

void checkAttention(const Kernels& k, core::ThreadPool& pool, const std::string& name,
                    const std::string& memoryName) {
  const FixtureTensor& query = at(name + "/input");
  const FixtureTensor& memory = at(memoryName);
  const std::size_t queries = query.shape[1];
  const std::size_t keys = memory.shape[1];
  const std::size_t dim = query.shape[2];
  const nn::Attention attention(
      k, dim, 8, at(name + "/in_proj_weight").data(), at(name + "/in_proj_bias").data(),
      at(name + "/out_proj.weight").data(), at(name + "/out_proj.bias").data());
  core::AlignedBuffer<float> scratch(attention.scratchSize(queries, keys, pool.size()));
  std::size_t item = 0;
  compare(name, [&](const float* x) {
    Values out(queries * dim, NAN);
    attention.forward(x, queries, memory.data() + item++ * keys * dim, keys, out.data(), {},
                      scratch.data(), pool);
    return out;
  });
}

void checkGroupNorm(const Kernels& k, core::ThreadPool& pool, const std::string& name,
                    std::size_t groups) {
  const std::size_t channels = at(name + "/input").shape[1];
  const std::size_t rows = at(name + "/input").shape[2];
  const nn::Affine affine{at(name + "/weight").values, at(name + "/bias").values};
  compare(name, [&](const float* item) {
    Values x = channelsLast(item, channels, rows);
    nn::groupNorm(k, x.data(), rows, channels, groups, affine, pool);
    return channelsFirst(x, channels);
  });
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("convolutions and linear layers") {
    onEveryLevel([](const Kernels& k, core::ThreadPool& pool) {
      checkConv(k, pool, "linear", {}, 1, 1);
      checkConv(k, pool, "conv1d", {.kernelWidth = 8, .strideWidth = 4, .paddingWidth = 2}, 1, 333);
      checkConv(k, pool, "conv1d_dilated",
                {.kernelWidth = 3, .dilationWidth = 4, .paddingWidth = 4}, 1, 401);
      checkConv(k, pool, "conv1d_long_kernel", {.kernelWidth = 65, .paddingWidth = 32}, 1, 1024);
      checkConv(k, pool, "conv2d_freq", {.kernelHeight = 8, .strideHeight = 4, .paddingHeight = 2},
                128, 21);
      checkConv(k, pool, "conv2d_3x3",
                {.kernelHeight = 3, .kernelWidth = 3, .paddingHeight = 1, .paddingWidth = 1}, 32,
                21);
    });
  }

  TEST_CASE("transposed convolutions, all phases") {
    onEveryLevel([](const Kernels& k, core::ThreadPool& pool) {
      const FixtureTensor& weight = at("conv_transpose1d/weight");
      const std::size_t in = weight.shape[0];
      const std::size_t out = weight.shape[1];
      const auto conv = nn::Conv::transposedWidth(k, in, out, 8, 4, weight.data(),
                                                  at("conv_transpose1d/bias").data());
      compare("conv_transpose1d", [&](const float* item) {
        const Values x = channelsLast(item, in, 85);
        Values y(86 * 4 * out, NAN);
        conv.forward(x.data(), 1, 85, y.data(), {}, pool);
        return channelsFirst(y, out);
      });

      const FixtureTensor& high = at("conv_transpose2d_freq/weight");
      const std::size_t width = 21;
      compare("conv_transpose2d_freq", [&](const float* item) {
        const std::size_t channels = high.shape[1];
        const Values x = channelsLast(item, high.shape[0], 32 * width);
        Values y(132 * width * channels, NAN);
        for (std::size_t row = 0; row < 132; ++row) {
          const auto phase =
              nn::Conv::transposedHeightPhase(k, high.shape[0], channels, 8, 4, row % 4,
                                              high.data(), at("conv_transpose2d_freq/bias").data());
          phase.row(x.data(), 32, width, row / 4, 0, width, y.data() + row * width * channels, {});
        }
        return channelsFirst(y, channels);
      });
    });
  }

  TEST_CASE("group norm and layer norm") {
    onEveryLevel([](const Kernels& k, core::ThreadPool& pool) {
      checkGroupNorm(k, pool, "group_norm_1", 1);
      checkGroupNorm(k, pool, "group_norm_4", 4);
      const nn::Affine affine{at("layer_norm/weight").values, at("layer_norm/bias").values};
      compare("layer_norm", [&](const float* item) {
        Values out(50 * 64, NAN);
        nn::layerNorm(k, item, out.data(), 50, 64, affine, pool);
        return out;
      });
    });
  }

  TEST_CASE("group norm around a large mean: kahan and welford are exact, plain sums are not") {
    const testing::Fixture offsets("group-norm.safetensors");
    constexpr std::size_t kChannels = 48;
    onEveryLevel([&](const Kernels& k, core::ThreadPool& pool) {
      for (const std::string name : {"group_norm_offset1000", "group_norm_offset30_std001"}) {
        CAPTURE(name);
        const FixtureTensor& input = offsets[name + "/input"];
        const Values& expected = offsets[name + "/output@17"].values;
        const nn::Affine affine{offsets[name + "/weight"].values, offsets[name + "/bias"].values};
        const std::size_t rows = input.shape[2];
        const auto errorOf = [&](nn::NormAlgorithm algorithm, core::ThreadPool& on) {
          Values x = channelsLast(input.data(), kChannels, rows);
          nn::groupNorm(k, x.data(), rows, kChannels, 8, affine, on, algorithm);
          const Values y = channelsFirst(x, kChannels);
          double worst = 0;
          for (std::size_t i = 0; i < expected.size(); ++i) {
            worst = std::max(worst, std::abs(static_cast<double>(y[17 * i]) - expected[i]));
          }
          return worst;
        };
        core::ThreadPool alone(1);
        for (const auto algorithm : {nn::NormAlgorithm::kKahan, nn::NormAlgorithm::kWelford}) {
          CHECK(errorOf(algorithm, pool) < 1e-5);
          CHECK(errorOf(algorithm, alone) == errorOf(algorithm, pool));
        }
        CHECK(errorOf(nn::NormAlgorithm::kStandard, pool) > 1e-3);
      }
    });
  }

  TEST_CASE("gelu, glu and softmax") {
    onEveryLevel([](const Kernels& k, core::ThreadPool&) {
      Values gelu(at("gelu/input").size());
      k.elementwise.gelu(at("gelu/input").data(), gelu.data(), gelu.size());
      CHECK(testing::relativeRms(gelu, at("gelu/output").span()) < kTolerance);
      compare("glu", [&](const float* item) {
        Values out(12 * 77, NAN);
        k.elementwise.glu(item, item + out.size(), out.data(), out.size());
        return out;
      });
      compare("softmax", [&](const float* item) {
        Values row(item, item + 33);
        float peak = -INFINITY;
        float sum = 0;
        float fade = 0;
        k.softmax.run({row.data(), row.size(), 1, row.size(), 1.0f, &peak, &sum, &fade});
        k.elementwise.scaleOffset(row.data(), 1.0f / sum, 0.0f, row.data(), row.size());
        return row;
      });
    });
  }

  TEST_CASE("attention, to itself and to another sequence") {
    onEveryLevel([](const Kernels& k, core::ThreadPool& pool) {
      checkAttention(k, pool, "attention_self", "attention_self/input");
      checkAttention(k, pool, "attention_cross", "attention_cross/input1");
    });
  }

  TEST_CASE("attention over many blocks of keys equals a softmax over all of them") {
    const auto check = [](const Kernels& k, core::ThreadPool& pool) {
      const std::size_t queries = 90;
      const std::size_t keys = 700;
      const std::size_t dim = 12;
      const std::size_t heads = 3;
      const auto ramp = [](std::size_t count, float gain) {
        Values values(count);
        for (std::size_t i = 0; i < count; ++i) {
          values[i] = gain * static_cast<float>((i * 2654435761u >> 8) % 2001) / 1000.0f - gain;
        }
        return values;
      };
      const Values q = ramp(queries * dim, 1.5f);
      const Values m = ramp(keys * dim + 7, 2.0f);
      const Values inWeight = ramp(3 * dim * dim + 3, 0.8f);
      const Values inBias = ramp(3 * dim, 0.3f);
      Values identity(dim * dim, 0.0f);
      for (std::size_t i = 0; i < dim; ++i) identity[i * dim + i] = 1.0f;
      const Values none(dim, 0.0f);
      const nn::Attention attention(k, dim, heads, inWeight.data(), inBias.data(), identity.data(),
                                    none.data());
      core::AlignedBuffer<float> scratch(attention.scratchSize(queries, keys, pool.size()));
      Values out(queries * dim, NAN);
      attention.forward(q.data(), queries, m.data(), keys, out.data(), {}, scratch.data(), pool);

      const auto project = [&](const Values& x, std::size_t row, std::size_t column) {
        double sum = inBias[column];
        for (std::size_t i = 0; i < dim; ++i) {
          sum += static_cast<double>(inWeight[column * dim + i]) * x[row * dim + i];
        }
        return sum;
      };
      Values expected(out.size());
      const std::size_t width = dim / heads;
      for (std::size_t head = 0; head < heads; ++head) {
        for (std::size_t row = 0; row < queries; ++row) {
          std::vector<double> weights(keys);
          double total = 0;
          for (std::size_t key = 0; key < keys; ++key) {
            double score = 0;
            for (std::size_t i = 0; i < width; ++i) {
              score += project(q, row, head * width + i) * project(m, key, dim + head * width + i);
            }
            weights[key] = std::exp(score / std::sqrt(static_cast<double>(width)));
            total += weights[key];
          }
          for (std::size_t i = 0; i < width; ++i) {
            double value = 0;
            for (std::size_t key = 0; key < keys; ++key) {
              value += weights[key] / total * project(m, key, 2 * dim + head * width + i);
            }
            expected[row * dim + head * width + i] = static_cast<float>(value);
          }
        }
      }
      CHECK(testing::relativeRms(out, expected) < (k.weightGemm.isBf16 ? 5e-2 : kTolerance));
    };
    onEveryLevel(check);
    core::ThreadPool pool(2);
    for (const Kernels* level : kernels::bf16Kernels()) check(*level, pool);
  }
}

}  // namespace stemwright
