#include "bench/network_benchmarks.h"

#include <cmath>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bench/measure.h"
#include "bench/signals.h"
#include "core/aligned.h"
#include "core/buffer_pool.h"
#include "core/thread_pool.h"
#include "nn/compiled_network.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/recurrent.h"
#include "nn/sequential.h"
#include "nn/shaped_conv.h"

namespace stemwright::bench {
namespace {

using core::AlignedBuffer;
using core::CancelFlag;
using Entries = core::Result<std::vector<Entry>>;

constexpr double kMicroseconds = 1e6;
constexpr double kMilliseconds = 1e3;
constexpr std::size_t kUnits = 256;

/// A recurrent layer of kUnits to kUnits with made-up weights.
class RecurrentWeights {
 public:
  explicit RecurrentWeights(nn::RecurrentCell cell) : cell_(cell) {
    const std::size_t rows = (cell == nn::RecurrentCell::kLstm ? 4 : 3) * kUnits;
    for (const char* name : {"weight_ih_l0", "weight_hh_l0"}) {
      values_[name] = noise(rows * kUnits);
      for (float& value : values_[name]) value *= 0.1f;
    }
    for (const char* name : {"bias_ih_l0", "bias_hh_l0"}) values_[name] = noise(rows);
  }
  nn::RecurrentSpec spec(nn::WeightType type = nn::WeightType::kFp32) const {
    return {{cell_, kUnits, kUnits, 1, false},
            [this](const std::string& name) -> std::optional<std::span<const float>> {
              const auto found = values_.find(name);
              if (found == values_.end()) return std::nullopt;
              return std::span<const float>(found->second);
            },
            type};
  }

 private:
  nn::RecurrentCell cell_;
  std::map<std::string, std::vector<float>> values_;
};

/// One step in the three ways of the guide: a layer that allocates its result, a chain with
/// buffers, a compiled plan. Then a sequence.
Entries recurrent(const std::string& name, nn::RecurrentCell cell, const CancelFlag& cancel) {
  constexpr std::size_t kSteps = 100;
  const RecurrentWeights weights(cell);
  const std::vector<nn::LayerSpec> layers{weights.spec()};
  auto layer = nn::Recurrent::create(weights.spec().shape, weights.spec().parameters);
  if (!layer) return layer.error();
  STEMWRIGHT_TRY(layer.value().prepare(1, 1));
  auto chain = nn::Sequential::create(layers);
  if (!chain) return chain.error();
  STEMWRIGHT_TRY(chain.value().build({1, kUnits}));
  auto plan = nn::CompiledNetwork::compile(layers, {kSteps, kUnits}, {});
  if (!plan) return plan.error();
  core::ThreadPool pool(1);
  const std::vector<float> x = noise(kSteps * kUnits);
  std::vector<float> out(kSteps * kUnits);

  const Timing naive = measure(
      [&] {
        std::vector<float> result(kUnits);
        static_cast<void>(layer.value().process(x.data(), 1, result.data()));
        out[0] = result[0];
      },
      cancel);
  const Timing sequential =
      measure([&] { static_cast<void>(chain.value().forward(x.data(), 1, pool)); }, cancel);
  const Timing compiled =
      measure([&] { static_cast<void>(plan.value().predict(x.data(), 1, out.data())); }, cancel);
  const Timing sequence = measure(
      [&] { static_cast<void>(plan.value().predict(x.data(), kSteps, out.data())); }, cancel);
  std::vector<Entry> entries{
      entryOf(name + ", layer that allocates", "µs a step", naive, kMicroseconds),
      entryOf(name + ", Sequential", "µs a step", sequential, kMicroseconds),
      entryOf(name + ", compiled", "µs a step", compiled, kMicroseconds),
      entryOf(name + ", compiled, 100 steps", "ms", sequence, kMilliseconds)};
  for (const auto& [label, type] :
       {std::pair{"bf16", nn::WeightType::kBf16}, {"fp16", nn::WeightType::kFp16}}) {
    auto narrow = nn::CompiledNetwork::compile(std::vector<nn::LayerSpec>{weights.spec(type)},
                                               {1, kUnits}, {});
    if (!narrow) return narrow.error();
    const Timing step = measure(
        [&] { static_cast<void>(narrow.value().predict(x.data(), 1, out.data())); }, cancel);
    entries.push_back(entryOf(name + ", compiled, " + label, "µs a step", step, kMicroseconds));
  }
  return entries;
}

Entries product(const std::string& name, const kernels::Kernels& level, std::size_t size,
                unsigned threads, const CancelFlag& cancel) {
  const std::vector<float> weight = noise(size * size);
  const nn::Conv layer(level, {.in = size, .out = size}, false, weight.data(), nullptr);
  const std::vector<float> x = noise(size * size);
  AlignedBuffer<float> out(size * size);
  core::ThreadPool pool(threads);
  const Timing time =
      measure([&] { layer.forward(x.data(), 1, size, out.data(), {}, pool); }, cancel);
  const double work = 2e-9 * std::pow(static_cast<double>(size), 3);
  constexpr std::size_t kRounds = 1 << 16;
  const Timing peak = measure(
      [&] {
        pool.parallelFor(threads,
                         [&](std::size_t, unsigned) { level.weightGemm.saturate(kRounds); });
      },
      cancel);
  const double most = 1e-9 * level.weightGemm.saturate(1) * kRounds * threads;
  return std::vector<Entry>{rateOf(name, "GFLOP/s", time, work),
                            fixedEntry(name + ", of this machine's peak", "%",
                                       100 * (work / time.median) / (most / peak.median))};
}

Entries linear(const std::string& name, std::size_t rows, unsigned threads,
               const CancelFlag& cancel) {
  const std::vector<float> weight = noise(kUnits * kUnits);
  nn::Linear layer(kernels::kernels(), kUnits, kUnits, weight.data(), nullptr);
  core::ThreadPool pool(threads);
  layer.autotune(pool);
  const std::vector<float> x = noise(rows * kUnits);
  AlignedBuffer<float> out(rows * kUnits);
  const Timing time = measure([&] { layer.forward(x.data(), rows, out.data(), pool); }, cancel);
  return std::vector<Entry>{
      entryOf(name, "µs", time, kMicroseconds),
      fixedEntry(name + ", tuned threshold", "rows", static_cast<double>(layer.batchThreshold()))};
}

/// 64 channels to 64 over 4096 steps.
Entries convolution(const std::string& name, std::size_t taps, unsigned threads,
                    const CancelFlag& cancel) {
  constexpr std::size_t kChannels = 64;
  constexpr std::size_t kSteps = 4096;
  const std::vector<float> weight = noise(kChannels * kChannels * taps);
  const nn::Conv conv(
      kernels::kernels(),
      {.in = kChannels, .out = kChannels, .kernelWidth = taps, .paddingWidth = taps / 2}, false,
      weight.data(), nullptr);
  core::ThreadPool pool(threads);
  const std::vector<float> x = noise(kSteps * kChannels);
  AlignedBuffer<float> out((kSteps + 1) * kChannels);
  const Timing time =
      measure([&] { conv.forward(x.data(), 1, kSteps, out.data(), {}, pool); }, cancel);
  return std::vector<Entry>{entryOf(name, "ms", time, kMilliseconds)};
}

/// What the choice by shape gains: the time of the variant chosen over that of the tiled one.
Entries variant(const std::string& name, const nn::ConvShape& shape, const CancelFlag& cancel) {
  const std::size_t height = shape.kernelHeight == 1 ? 1 : 64;
  const std::size_t width = 4096 / height;
  const std::vector<float> weight =
      noise(shape.in * shape.out * shape.kernelHeight * shape.kernelWidth);
  const nn::ShapedConv chosen(kernels::kernels(), shape, weight.data(), nullptr);
  const nn::ShapedConv tiled(kernels::kernels(), shape, weight.data(), nullptr,
                             nn::ConvVariant::kTiled);
  core::ThreadPool pool(1);
  const std::vector<float> x = noise(height * width * shape.in);
  AlignedBuffer<float> out(shape.outHeight(height) * shape.outWidth(width) * shape.out);
  const auto run = [&](const nn::ShapedConv& conv) {
    conv.forward(x.data(), height, width, out.data(), pool);
  };
  const auto [first, second] = measureInTurn([&] { run(chosen); }, [&] { run(tiled); }, 1, cancel);
  return std::vector<Entry>{entryOf(name, "ms", first, kMilliseconds),
                            fixedEntry(name + " over tiled", "x", first.median / second.median)};
}

constexpr std::size_t kNormChannels = 48;
constexpr std::size_t kNormGroups = 8;
constexpr std::size_t kNormRows = 5000;

struct Norm {
  nn::NormAlgorithm algorithm;
  nn::Affine affine{std::vector<float>(kNormChannels, 1.0f),
                    std::vector<float>(kNormChannels, 0.0f)};
  core::ThreadPool pool{1};

  void operator()(std::span<float> x) {
    nn::groupNorm(kernels::kernels(), x.data(), kNormRows, kNormChannels, kNormGroups, affine, pool,
                  algorithm);
  }
};

/// Of the output, against double. Input like that of the tests' fixtures, with its mean, standard
/// deviation and shape.
double largestError(Norm& norm, float mean, float deviation) {
  std::vector<float> x = noise(kNormRows * kNormChannels);
  for (float& value : x) value = mean + deviation * std::sqrt(12.0f) * value;
  std::vector<float> out = x;
  norm(out);
  double worst = 0;
  const std::size_t width = kNormChannels / kNormGroups;
  for (std::size_t group = 0; group < kNormGroups; ++group) {
    double exactMean = 0;
    double variance = 0;
    const auto each = [&](auto&& body) {
      for (std::size_t r = 0; r < kNormRows; ++r) {
        for (std::size_t c = 0; c < width; ++c) body(r * kNormChannels + group * width + c);
      }
    };
    const double count = static_cast<double>(kNormRows * width);
    each([&](std::size_t i) { exactMean += static_cast<double>(x[i]) / count; });
    each([&](std::size_t i) {
      variance += std::pow(static_cast<double>(x[i]) - exactMean, 2) / count;
    });
    each([&](std::size_t i) {
      const double exact =
          (static_cast<double>(x[i]) - exactMean) / std::sqrt(variance + nn::kNormEpsilon);
      worst = std::max(worst, std::abs(static_cast<double>(out[i]) - exact));
    });
  }
  return worst;
}

/// 8 groups of 48 channels, 5000 steps: what each way costs, and what it gets wrong around a mean
/// that is large beside the deviation. There plain sums lose the variance, all of it where it
/// comes out negative: 0.003 remains for the deviation then, the root of epsilon.
Entries groupNorm(const std::string& name, nn::NormAlgorithm algorithm, const CancelFlag& cancel) {
  const std::vector<float> x = noise(kNormRows * kNormChannels);
  std::vector<float> out(x.size());
  Norm norm{algorithm};
  const auto run = [&] {
    std::copy(x.begin(), x.end(), out.begin());
    norm(out);
  };
  const Timing time = measure(run, cancel);
  return std::vector<Entry>{entryOf(name, "µs", time, kMicroseconds),
                            fixedEntry(name + ", largest error, mean 1000, deviation 0.5", "",
                                       largestError(norm, 1000.0f, 0.5f)),
                            fixedEntry(name + ", largest error, mean 30, deviation 0.01", "",
                                       largestError(norm, 30.0f, 0.01f))};
}

Entries sequentialMemory(const std::string& name) {
  const std::vector<float> weight = noise(kUnits * kUnits * 3);
  const nn::Conv1dSpec conv{
      .in = kUnits, .out = kUnits, .kernel = 3, .padding = 1, .weight = weight, .bias = {}};
  auto chain = nn::Sequential::create(std::vector<nn::LayerSpec>{conv, conv, conv});
  if (!chain) return chain.error();
  STEMWRIGHT_TRY(chain.value().build({1, kUnits}));
  return std::vector<Entry>{
      fixedEntry(name, "buffers", static_cast<double>(chain.value().plan().bufferCount()))};
}

Entries pool(const std::string& name, const CancelFlag& cancel) {
  core::BufferPool buffers(4096, 8);
  const Timing time = measure([&] { buffers.release(buffers.acquire()); }, cancel);
  return std::vector<Entry>{entryOf(name, "ns", time, 1e9)};
}

}  // namespace

std::vector<Benchmark> networkBenchmarks() {
  std::vector<Benchmark> list;
  const auto add = [&](std::string name, auto run) {
    list.push_back({name, [name, run](unsigned threads, const CancelFlag& cancel) -> Entries {
                      return run(name, threads, cancel);
                    }});
  };
  for (const auto& [label, cell] :
       {std::pair{"LSTM 256", nn::RecurrentCell::kLstm}, {"GRU 256", nn::RecurrentCell::kGru}}) {
    add(label, [cell = cell](const std::string& name, unsigned, const CancelFlag& cancel) {
      return recurrent(name, cell, cancel);
    });
  }
  add("matrix product 1024",
      [](const std::string& name, unsigned threads, const CancelFlag& cancel) {
        return product(name, kernels::kernels(), 1024, threads, cancel);
      });
  if (!kernels::bf16Kernels().empty()) {
    add("matrix product 1024, bf16",
        [](const std::string& name, unsigned threads, const CancelFlag& cancel) {
          return product(name, *kernels::bf16Kernels().back(), 1024, threads, cancel);
        });
  }
  for (const std::size_t rows : {1, 2, 4, 8, 16, 64}) {
    add("Linear 256, " + std::to_string(rows) + (rows == 1 ? " row" : " rows"),
        [rows](const std::string& name, unsigned threads, const CancelFlag& cancel) {
          return linear(name, rows, threads, cancel);
        });
  }
  for (const std::size_t taps : {3, 65}) {
    add("Conv1D, " + std::to_string(taps) + " taps",
        [taps](const std::string& name, unsigned threads, const CancelFlag& cancel) {
          return convolution(name, taps, threads, cancel);
        });
  }
  for (const auto& [label, shape] :
       {std::pair{"Conv1D, one channel, 9 taps",
                  nn::ConvShape{.in = 1, .out = 1, .kernelWidth = 9, .paddingWidth = 4}},
        {"Conv1D, 64 channels to 2, 3 taps",
         nn::ConvShape{.in = 64, .out = 2, .kernelWidth = 3, .paddingWidth = 1}},
        {"Conv2D, one channel, 3 x 3",
         nn::ConvShape{.in = 1, .out = 1, .kernelHeight = 3, .kernelWidth = 3}},
        {"Conv2D, 64 channels to 1, 3 x 3",
         nn::ConvShape{.in = 64, .out = 1, .kernelHeight = 3, .kernelWidth = 3}}}) {
    add(label, [shape = shape](const std::string& name, unsigned, const CancelFlag& cancel) {
      return variant(name, shape, cancel);
    });
  }
  for (const auto& [label, algorithm] : {std::pair{"standard", nn::NormAlgorithm::kStandard},
                                         {"kahan", nn::NormAlgorithm::kKahan},
                                         {"welford", nn::NormAlgorithm::kWelford}}) {
    add(std::string("GroupNorm, ") + label,
        [algorithm = algorithm](const std::string& name, unsigned, const CancelFlag& cancel) {
          return groupNorm(name, algorithm, cancel);
        });
  }
  add("Sequential, 3 layers of one shape",
      [](const std::string& name, unsigned, const CancelFlag&) { return sequentialMemory(name); });
  add("buffer pool, take and give back",
      [](const std::string& name, unsigned, const CancelFlag& cancel) {
        return pool(name, cancel);
      });
  return list;
}

}  // namespace stemwright::bench
