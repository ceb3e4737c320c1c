#include <doctest/doctest.h>

#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "nn/dconv.h"
#include "tests/support/safetensors.h"

namespace stemwright {
namespace {

using kernels::Kernels;

/// Weights of one layer as PyTorch holds them.
struct Parameters {
  std::size_t channels, hidden, dilation;
  std::vector<float> squeeze, squeezeBias, normWeight, normBias;
  std::vector<float> expand, expandBias, expandNormWeight, expandNormBias, scale;
};

Parameters parametersOf(std::size_t channels, std::size_t hidden, std::size_t dilation) {
  std::mt19937 random(static_cast<unsigned>(channels + dilation));
  const auto some = [&](std::size_t count, float mean, float gain) {
    std::uniform_real_distribution<float> uniform(mean - gain, mean + gain);
    std::vector<float> values(count);
    for (float& value : values) value = uniform(random);
    return values;
  };
  return {channels,
          hidden,
          dilation,
          some(hidden * channels * 3, 0, 0.3f),
          some(hidden, 0, 0.3f),
          some(hidden, 1, 0.5f),
          some(hidden, 0.3f, 0.5f),
          some(2 * channels * hidden, 0, 0.5f),
          some(2 * channels, 0.2f, 0.5f),
          some(2 * channels, 1, 0.5f),
          some(2 * channels, 0, 0.5f),
          some(channels, 0.5f, 0.3f)};
}

nn::DConv build(const Kernels& kernels, const std::vector<Parameters>& all) {
  std::vector<nn::DConv::Layer> layers;
  for (const Parameters& p : all) {
    layers.push_back({nn::Conv(kernels,
                               {.in = p.channels,
                                .out = p.hidden,
                                .kernelWidth = 3,
                                .dilationWidth = p.dilation,
                                .paddingWidth = p.dilation},
                               false, p.squeeze.data(), p.squeezeBias.data()),
                      {p.normWeight, p.normBias},
                      nn::Conv(kernels, {.in = p.hidden, .out = 2 * p.channels}, true,
                               p.expand.data(), p.expandBias.data()),
                      {p.expandNormWeight, p.expandNormBias},
                      p.scale});
  }
  return nn::DConv(kernels, std::move(layers));
}

/// x [width, channels] normalised over all of it, in double.
void normalise(std::vector<double>& x, const std::vector<float>& weight,
               const std::vector<float>& bias) {
  double mean = 0;
  double variance = 0;
  for (double v : x) mean += v / static_cast<double>(x.size());
  for (double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % weight.size();
    x[i] = (x[i] - mean) / std::sqrt(variance + 1e-5) * weight[c] + bias[c];
  }
}

void reference(const Parameters& p, std::vector<double>& x) {
  const auto width = static_cast<std::ptrdiff_t>(x.size() / p.channels);
  std::vector<double> hidden(static_cast<std::size_t>(width) * p.hidden);
  for (std::ptrdiff_t t = 0; t < width; ++t) {
    for (std::size_t h = 0; h < p.hidden; ++h) {
      double sum = p.squeezeBias[h];
      for (std::ptrdiff_t tap = 0; tap < 3; ++tap) {
        const std::ptrdiff_t at = t + (tap - 1) * static_cast<std::ptrdiff_t>(p.dilation);
        if (at < 0 || at >= width) continue;
        for (std::size_t c = 0; c < p.channels; ++c) {
          sum += p.squeeze[(h * p.channels + c) * 3 + static_cast<std::size_t>(tap)] *
                 x[static_cast<std::size_t>(at) * p.channels + c];
        }
      }
      hidden[static_cast<std::size_t>(t) * p.hidden + h] = sum;
    }
  }
  normalise(hidden, p.normWeight, p.normBias);
  for (double& v : hidden) v *= 0.5 * (1 + std::erf(v / std::sqrt(2.0)));
  std::vector<double> wide(static_cast<std::size_t>(width) * 2 * p.channels);
  for (std::size_t i = 0; i < wide.size(); ++i) {
    const std::size_t c = i % (2 * p.channels);
    wide[i] = p.expandBias[c];
    for (std::size_t h = 0; h < p.hidden; ++h) {
      wide[i] += p.expand[c * p.hidden + h] * hidden[i / (2 * p.channels) * p.hidden + h];
    }
  }
  normalise(wide, p.expandNormWeight, p.expandNormBias);
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t at = i / p.channels * 2 * p.channels + i % p.channels;
    x[i] += p.scale[i % p.channels] * wide[at] / (1 + std::exp(-wide[at + p.channels]));
  }
}

void check(const Kernels& kernels, std::size_t channels, std::size_t hidden, std::size_t width) {
  CAPTURE(channels);
  CAPTURE(width);
  const std::vector<Parameters> parameters{parametersOf(channels, hidden, 1),
                                           parametersOf(channels, hidden, 2)};
  const nn::DConv dconv = build(kernels, parameters);
  std::vector<float> x(width * channels);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::sin(0.37f * static_cast<float>(i % 977));
  std::vector<double> expected(x.begin(), x.end());
  for (const Parameters& p : parameters) reference(p, expected);
  const std::vector<float> rounded(expected.begin(), expected.end());
  const double bound = kernels.weightGemm.isBf16 ? 2e-2 : 3e-6;

  std::vector<float> row = x;
  core::AlignedBuffer<float> scratch(dconv.hiddenSize(width) + dconv.chunkSize());
  dconv.row(row.data(), width, scratch.data());
  CHECK(testing::relativeRms(row, rounded) < bound);

  core::AlignedBuffer<float> hiddenRows(dconv.hiddenSize(width));
  std::vector<float> alone;
  for (const unsigned threads : {1u, 3u}) {
    core::ThreadPool pool(threads);
    core::AlignedBuffer<float> chunks(threads * dconv.chunkSize());
    std::vector<float> wide = x;
    dconv.wide(wide.data(), width, hiddenRows.data(), chunks.data(), dconv.chunkSize(), pool);
    CHECK(testing::relativeRms(wide, rounded) < bound);
    if (alone.empty()) alone = wide;
    CHECK(wide == alone);

    constexpr std::size_t kRows = 3;
    core::AlignedBuffer<float> hiddenOfAll(kRows * dconv.hiddenSize(width));
    std::vector<float> rows;
    for (std::size_t i = 0; i < kRows; ++i) rows.insert(rows.end(), x.begin(), x.end());
    dconv.rows(rows.data(), kRows, width, hiddenOfAll.data(), chunks.data(), dconv.chunkSize(),
               pool);
    for (std::size_t i = 0; i < kRows; ++i) {
      CHECK(std::equal(row.begin(), row.end(),
                       rows.begin() + static_cast<std::ptrdiff_t>(i * row.size())));
    }
  }
}

}  // namespace

TEST_SUITE("nn") {
  TEST_CASE("the residual branch agrees with double at every level, however it is shared") {
    std::vector<const Kernels*> all(kernels::bf16Kernels().begin(), kernels::bf16Kernels().end());
    for (kernels::Isa isa : kernels::availableIsas()) all.push_back(kernels::kernelsFor(isa));
    for (const Kernels* level : all) {
      const std::string name(kernels::isaName(level->isa));
      CAPTURE(name);
      check(*level, 8, 1, 5);
      check(*level, 48, 6, 300);
      check(*level, 96, 12, 1500);
      check(*level, 40, 20, 230);
    }
  }
}

}  // namespace stemwright
