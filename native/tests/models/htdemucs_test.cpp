#include "models/htdemucs.h"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/allocations.h"
#include "tests/support/reference_output.h"
#include "tests/support/safetensors.h"
#include "tests/support/tiny_models.h"
#include "tests/support/weight_table.h"

namespace stemwright {
namespace {

using models::HTDemucs;
using models::HTDemucsConfig;
using models::HTDemucsRunner;
using models::Mode;
using testing::error;
using testing::Fixture;
using testing::interleave;
using testing::planar;

constexpr double kTolerance = 1e-4;

struct Forward {
  std::vector<float> out;  // planar, cropped to the input's length
  std::map<std::string, std::vector<float>> layers;
};

/// One forward as PyTorch runs it: zeros up to the trained segment.
Forward forward(const std::shared_ptr<const HTDemucs>& model, const testing::FixtureTensor& input,
                Mode mode, unsigned threads) {
  const HTDemucsConfig& config = model->config();
  const std::size_t frames = config.segmentFrames();
  auto runner = HTDemucsRunner::create(model, frames, mode, threads);
  REQUIRE(runner.ok());
  Forward result;
  runner.value()->observe([&](const std::string& name, std::span<const float> values) {
    result.layers[name].assign(values.begin(), values.end());
  });
  const std::vector<float> mix = interleave(input, frames);
  std::vector<float> out(config.sources.size() * mix.size(), NAN);
  core::ThreadPool pool(threads);
  core::CancelFlag cancel;
  REQUIRE(runner.value()->forward(mix.data(), out.data(), pool, cancel).ok());
  result.out = planar(out, config.sources.size(), frames, config.audioChannels, input.shape.at(2));
  return result;
}

/// [rows, columns, channels] to Demucs' [channels, rows, columns].
std::vector<float> channelsFirst(const std::vector<float>& x, std::size_t channels) {
  const std::size_t positions = x.size() / channels;
  std::vector<float> out(x.size());
  for (std::size_t p = 0; p < positions; ++p) {
    for (std::size_t c = 0; c < channels; ++c) out[c * positions + p] = x[p * channels + c];
  }
  return out;
}

/// Tokens row by row to Demucs' column by column.
std::vector<float> tokensByColumn(const std::vector<float>& x, std::size_t rows, std::size_t dim) {
  const std::size_t columns = x.size() / dim / rows;
  std::vector<float> out(x.size());
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t t = 0; t < columns; ++t) {
      for (std::size_t c = 0; c < dim; ++c) {
        out[(t * rows + r) * dim + c] = x[(r * columns + t) * dim + c];
      }
    }
  }
  return out;
}

std::vector<float> difference(std::vector<float> a, const std::vector<float>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) a[i] -= b[i];
  return a;
}

/// tiny4's first encoder as Demucs' module gives it, before the frequency embedding is added.
std::vector<float> withoutEmbedding(std::vector<float> encoded, std::uint64_t seed) {
  const std::size_t rows = 512;
  const std::size_t channels = 8;
  auto table =
      models::WeightFile::generated(seed).read("freq_emb.embedding.weight", {rows, channels});
  REQUIRE(table.ok());
  const std::size_t columns = encoded.size() / rows / channels;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const std::size_t row = i / (columns * channels);
    encoded[i] -= 0.2f * 10.0f * table.value()[row * channels + i % channels];
  }
  return encoded;
}

core::Result<std::shared_ptr<const HTDemucs>> loadHouse(const models::ModelOptions& options) {
  const std::string path = std::string(STEMWRIGHT_ASSETS) + "/models/house.safetensors";
  auto file = models::WeightFile::open(path, testing::weightTable(path));
  REQUIRE(file.ok());
  return HTDemucs::load(testing::houseConfig(), std::move(file).value(), options);
}

std::shared_ptr<const HTDemucs> houseModel(const models::ModelOptions& options) {
  auto model = loadHouse(options);
  if (!model.ok()) FAIL(model.error().message);
  return std::move(model).value();
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("HTDemucs gives PyTorch's output in both modes, for any number of threads") {
    const Fixture timeOnly("time-only.safetensors");
    struct Case {
      const char* name;
      HTDemucsConfig config;
      std::uint64_t seed;
    };
    for (const Case& c : {Case{"tiny4", testing::tiny4Config(), testing::kTiny4Seed},
                          Case{"tiny6", testing::tiny6Config(), testing::kTiny6Seed}}) {
      CAPTURE(c.name);
      const Fixture io(std::string(c.name) + "-io.safetensors");
      const auto model = testing::load(c.config, c.seed);
      for (unsigned threads : {1u, 3u}) {
        CAPTURE(threads);
        CHECK(error(io, "output", forward(model, io["input"], Mode::kFull, threads).out) <
              kTolerance);
        CHECK(error(timeOnly, std::string(c.name) + "/time_only",
                    forward(model, io["input"], Mode::kTimeOnly, threads).out) < kTolerance);
      }
    }
  }

  TEST_CASE("each layer of HTDemucs gives PyTorch's activation") {
    const Fixture io("tiny4-io.safetensors");
    const auto model = testing::load(testing::tiny4Config(), testing::kTiny4Seed);
    const Forward result = forward(model, io["input"], Mode::kFull, 2);
    const auto& layers = result.layers;
    const auto check = [&](const std::string& name, const std::vector<float>& values) {
      CAPTURE(name);
      CHECK(error(io, name, values) < kTolerance);
    };
    const std::vector<std::size_t> channels{8, 16, 32, 64};
    for (std::size_t i = 0; i < 4; ++i) {
      const std::string at = std::to_string(i);
      std::vector<float> encoded = layers.at("encoder." + at);
      if (i == 0) encoded = withoutEmbedding(std::move(encoded), testing::kTiny4Seed);
      check("encoder." + at, channelsFirst(encoded, channels[i]));
      check("tencoder." + at, channelsFirst(layers.at("tencoder." + at), channels[i]));
      check("crosstransformer.layers." + std::to_string(i % 3),
            tokensByColumn(layers.at("crosstransformer.layers." + std::to_string(i % 3)), 8, 96));
      check("crosstransformer.layers_t." + std::to_string(i % 3),
            layers.at("crosstransformer.layers_t." + std::to_string(i % 3)));
      // Ours comes with the next skip added, except the last.
      for (const std::string branch : {"", "t"}) {
        const std::vector<float>& decoded = layers.at(branch + "decoder." + at);
        if (i == 3) {
          check(branch + "decoder." + at, channelsFirst(decoded, branch == "t" ? 8 : 16));
          continue;
        }
        const auto& skip = layers.at(branch + "encoder." + std::to_string(2 - i));
        check(branch + "decoder." + at, channelsFirst(difference(decoded, skip), channels[2 - i]));
      }
    }
  }

  TEST_CASE("the house model gives PyTorch's output in both modes") {
    const auto model = houseModel({});
    CHECK(model->parameters() == 9316152);
    const Fixture io("house-io.safetensors");
    CHECK(error(io, "full", forward(model, io["input"], Mode::kFull, 2).out) < kTolerance);
    CHECK(error(io, "time_only", forward(model, io["input"], Mode::kTimeOnly, 2).out) < kTolerance);
  }

  TEST_CASE("the house model in bf16 stays near PyTorch's output, in half the memory for weights") {
    const Fixture io("house-io.safetensors");
    if (nn::bf16Kernels().empty()) {
      auto refused = loadHouse({models::Precision::kBf16, nn::NormAlgorithm::kWelford});
      REQUIRE_FALSE(refused.ok());
      CHECK(refused.error().code == core::ErrorCode::kInvalidArgument);
      return;
    }
    const auto model = houseModel({models::Precision::kBf16, nn::NormAlgorithm::kWelford});
    CHECK(model->weightBytes() < houseModel({})->weightBytes() * 6 / 10);
    for (const auto& [name, mode] :
         {std::pair{"full", Mode::kFull}, {"time_only", Mode::kTimeOnly}}) {
      const double off = error(io, name, forward(model, io["input"], mode, 2).out);
      CAPTURE(off);
      CHECK(off > 1e-4);  // it is bf16
      CHECK(off < 3e-2);
    }
  }

  TEST_CASE("every way of summing group norm's moments gives the house model's output") {
    const Fixture io("house-io.safetensors");
    for (const auto algorithm : {nn::NormAlgorithm::kStandard, nn::NormAlgorithm::kKahan}) {
      const auto model = houseModel({models::Precision::kFp32, algorithm});
      CHECK(error(io, "full", forward(model, io["input"], Mode::kFull, 2).out) < kTolerance);
    }
  }

  TEST_CASE("the arithmetic of the published model is counted in full") {
    HTDemucsConfig config = testing::tiny4Config();
    config.channels = 48;
    config.bottomChannels = 512;
    config.transformerLayers = 5;
    config.transformerHeads = 8;
    config.segmentNumerator = 39;
    config.segmentDenominator = 5;
    const auto model = testing::load(config, 7);
    CHECK(model->parameters() == 41984456);
    CHECK(config.segmentFrames() == 343980);
    auto runner = HTDemucsRunner::create(model, config.segmentFrames(), Mode::kFull, 1);
    REQUIRE(runner.ok());
    // By hand, in GFLOP: frequency branch 93.01, time branch 26.82, projections 42.28,
    // feed-forward 84.56, attention 85.09, up- and downsampling 3.17.
    CHECK(runner.value()->operations() / 1e9 == doctest::Approx(334.92).epsilon(1e-4));
  }

  TEST_CASE("a raised flag ends a forward pass with 'cancelled'") {
    const auto model = testing::load(testing::tiny4Config(), testing::kTiny4Seed);
    auto runner = HTDemucsRunner::create(model, 13230, Mode::kFull, 1);
    REQUIRE(runner.ok());
    std::vector<float> mix(13230 * 2, 0.1f);
    std::vector<float> out(4 * mix.size());
    core::ThreadPool pool(1);
    core::CancelFlag cancel;
    std::size_t layers = 0;
    runner.value()->observe([&](const std::string&, std::span<const float>) {
      if (++layers == 3) cancel.request();
    });
    const core::Status status = runner.value()->forward(mix.data(), out.data(), pool, cancel);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == core::ErrorCode::kCancelled);
    CHECK(layers < 8);
  }

  TEST_CASE("any number of threads gives the same bits") {
    const auto model = testing::load(testing::tiny4Config(), testing::kTiny4Seed);
    const Fixture io("tiny4-io.safetensors");
    for (Mode mode : {Mode::kFull, Mode::kTimeOnly}) {
      const std::vector<float> alone = forward(model, io["input"], mode, 1).out;
      for (unsigned threads : {2u, 3u, 7u}) {
        CHECK(forward(model, io["input"], mode, threads).out == alone);
      }
    }
  }

  TEST_CASE("a forward pass takes no memory") {
    for (const auto& [config, seed] : {std::pair(testing::tiny4Config(), testing::kTiny4Seed),
                                       std::pair(testing::tiny6Config(), testing::kTiny6Seed)}) {
      const auto model = testing::load(config, seed);
      for (Mode mode : {Mode::kFull, Mode::kTimeOnly}) {
        auto runner = HTDemucsRunner::create(model, 20000, mode, 2);
        REQUIRE(runner.ok());
        std::vector<float> mix(20000 * 2, 0.1f);
        std::vector<float> out(config.sources.size() * mix.size());
        core::ThreadPool pool(2);
        core::CancelFlag cancel;
        const std::size_t before = testing::allocations();
        const bool ok = runner.value()->forward(mix.data(), out.data(), pool, cancel).ok();
        const std::size_t after = testing::allocations();
        CHECK(ok);
        CHECK(after == before);
      }
    }
    CHECK(testing::allocations() > 0);
  }

  TEST_CASE("what HTDemucs cannot be is refused by name") {
    struct Case {
      const char* named;
      void (*change)(HTDemucsConfig&);
    };
    for (const Case& c : {Case{"sources", [](HTDemucsConfig& x) { x.sources.clear(); }},
                          Case{"audio_channels", [](HTDemucsConfig& x) { x.audioChannels = 3; }},
                          Case{"depth", [](HTDemucsConfig& x) { x.depth = 5; }},
                          Case{"nfft", [](HTDemucsConfig& x) { x.nfft = 1000; }},
                          Case{"t_heads", [](HTDemucsConfig& x) { x.transformerHeads = 7; }}}) {
      HTDemucsConfig config = testing::tiny4Config();
      c.change(config);
      const auto model = HTDemucs::load(config, models::WeightFile::generated(1));
      REQUIRE_FALSE(model.ok());
      CHECK(model.error().code == core::ErrorCode::kModel);
      CHECK(model.error().message.find(c.named) != std::string::npos);
    }
  }

  TEST_CASE("a segment of any length runs, mono too, down to one frame") {
    HTDemucsConfig config = testing::tiny4Config();
    config.audioChannels = 1;
    config.sources = {"only"};
    const auto model = testing::load(config, 5);
    core::ThreadPool pool(2);
    core::CancelFlag cancel;
    for (std::size_t frames : {1, 2, 63, 1024, 1025, 5000}) {
      CAPTURE(frames);
      for (Mode mode : {Mode::kFull, Mode::kTimeOnly}) {
        auto runner = HTDemucsRunner::create(model, frames, mode, 2);
        REQUIRE(runner.ok());
        std::vector<float> mix(frames);
        for (std::size_t n = 0; n < frames; ++n) mix[n] = static_cast<float>(n % 17) / 17.0f;
        std::vector<float> out(frames, NAN);
        REQUIRE(runner.value()->forward(mix.data(), out.data(), pool, cancel).ok());
        for (float sample : out) REQUIRE(std::isfinite(sample));
      }
    }
  }
}

}  // namespace stemwright
