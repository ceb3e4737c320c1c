#include "models/htdemucs_gpu.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/gpu/test_device.h"
#include "tests/support/reference_output.h"
#include "tests/support/safetensors.h"
#include "tests/support/tiny_models.h"
#include "tests/support/weight_table.h"

namespace stemwright {
namespace {

using models::HTDemucsConfig;
using models::HTDemucsGpu;
using models::HTDemucsGpuRunner;
using models::Mode;
using testing::Fixture;
using testing::testDevice;
using testing::valueOf;

std::shared_ptr<const HTDemucsGpu> loadOnDevice(const HTDemucsConfig& config,
                                                models::WeightFile weights, gpu::Storage storage) {
  return valueOf(HTDemucsGpu::load(testDevice(), config, std::move(weights), storage,
                                   nn::NormAlgorithm::kWelford));
}

/// A segment of noise through the device.
std::vector<float> onDevice(const std::shared_ptr<const HTDemucsGpu>& model,
                            const std::vector<float>& mix, Mode mode) {
  const std::size_t frames = mix.size() / model->config().audioChannels;
  const auto runner = valueOf(HTDemucsGpuRunner::create(model, frames, mode));
  std::vector<float> out(runner->outputSize(), NAN);
  testing::require(runner->forward(mix, out));
  return out;
}

std::vector<float> onProcessor(const std::shared_ptr<const models::HTDemucs>& model,
                               const std::vector<float>& mix, Mode mode) {
  const std::size_t channels = model->config().audioChannels;
  auto runner = valueOf(models::HTDemucsRunner::create(model, mix.size() / channels, mode, 2));
  std::vector<float> out(mix.size() * model->config().sources.size());
  core::ThreadPool pool(2);
  core::CancelFlag cancel;
  testing::require(runner->forward(mix.data(), out.data(), pool, cancel));
  return out;
}

/// Against PyTorch's, from the fixture of that name.
double errorToPyTorch(const std::shared_ptr<const HTDemucsGpu>& model, const char* name) {
  const Fixture io(std::string(name) + "-io.safetensors");
  const std::size_t frames = model->config().segmentFrames();
  const testing::FixtureTensor& input = io["input"];
  const auto out = onDevice(model, testing::interleave(input, frames), Mode::kFull);
  return testing::error(io, "output",
                        testing::planar(out, model->config().sources.size(), frames,
                                        model->config().audioChannels, input.shape.at(2)));
}

struct Tiny {
  const char* name;
  HTDemucsConfig config;
  std::uint64_t seed;
};

std::vector<Tiny> tinyModels() {
  return {{"tiny4", testing::tiny4Config(), testing::kTiny4Seed},
          {"tiny6", testing::tiny6Config(), testing::kTiny6Seed}};
}

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("HTDemucs on the device gives the processor's output in both modes") {
    for (const Tiny& tiny : tinyModels()) {
      CAPTURE(tiny.name);
      const auto reference = testing::load(tiny.config, tiny.seed);
      const auto model =
          loadOnDevice(tiny.config, models::WeightFile::generated(tiny.seed), gpu::Storage::kFloat);
      const std::vector<float> mix = testing::noiseOf(2 * tiny.config.segmentFrames(), 1);
      for (const Mode mode : {Mode::kFull, Mode::kTimeOnly}) {
        CHECK(testing::relativeRms(onDevice(model, mix, mode), onProcessor(reference, mix, mode)) <
              1e-4);
      }
      CHECK(errorToPyTorch(model, tiny.name) < 1e-4);
      // Shorter than the padding of the spectrogram, and an odd length.
      for (const std::size_t frames : {1ul, 1021ul}) {
        const std::vector<float> part(mix.begin(),
                                      mix.begin() + static_cast<std::ptrdiff_t>(2 * frames));
        CHECK(testing::relativeRms(onDevice(model, part, Mode::kFull),
                                   onProcessor(reference, part, Mode::kFull)) < 1e-4);
      }
    }
  }

  // 11 bits of activations through some fifty layers: measured 1.4e-3 and 2.4e-3.
  TEST_CASE("HTDemucs stored in halves stays within four thousandths of PyTorch") {
    if ((testDevice()->info().features & gpu::kHalf) == 0) FAIL("the device stores no halves");
    for (const Tiny& tiny : tinyModels()) {
      CAPTURE(tiny.name);
      const auto model =
          loadOnDevice(tiny.config, models::WeightFile::generated(tiny.seed), gpu::Storage::kHalf);
      const double error = errorToPyTorch(model, tiny.name);
      MESSAGE(error);
      CHECK(error < 4e-3);
    }
  }

  TEST_CASE("the house model's segment on the device is the processor's") {
    const std::string path = std::string(STEMWRIGHT_ASSETS) + "/models/house.safetensors";
    const auto open = [&] {
      return valueOf(models::WeightFile::open(path, testing::weightTable(path)));
    };
    const auto reference = valueOf(models::HTDemucs::load(testing::houseConfig(), open()));
    const auto model = loadOnDevice(testing::houseConfig(), open(), gpu::Storage::kFloat);
    const std::vector<float> mix = testing::noiseOf(2 * 22050, 7);
    CHECK(testing::relativeRms(onDevice(model, mix, Mode::kFull),
                               onProcessor(reference, mix, Mode::kFull)) < 1e-4);
  }

  TEST_CASE("less memory than the workspace wants: the same output in parts, one at a time") {
    const HTDemucsConfig config = testing::tiny4Config();
    const std::size_t frames = config.segmentFrames();
    const std::vector<float> mix = testing::noiseOf(2 * frames, 1);
    const auto device = testing::openTestDevice({.budgetBytes = 60 << 20});
    const auto model = valueOf(
        HTDemucsGpu::load(device, config, models::WeightFile::generated(testing::kTiny4Seed),
                          gpu::Storage::kFloat, nn::NormAlgorithm::kWelford));
    const std::uint64_t weights = device->usedBytes();
    const auto needs = [&](bool isInParts) {
      const auto runner =
          valueOf(HTDemucsGpuRunner::create(model, frames, Mode::kFull, false, isInParts));
      return device->usedBytes() - weights;
    };
    const std::uint64_t inParts = needs(true);
    CHECK(inParts < needs(false));
    const auto expected = onDevice(model, mix, Mode::kFull);
    const auto filler = valueOf(device->allocate(device->budgetBytes() - weights - inParts - 4096));
    const auto runner = valueOf(HTDemucsGpuRunner::create(model, frames, Mode::kFull));
    CHECK(runner->program().slots() == 1);
    std::vector<float> out(runner->outputSize(), NAN);
    testing::require(runner->forward(mix, out));
    CHECK(testing::relativeRms(out, expected) < 1e-6);
  }

  TEST_CASE("a budget that is too small is an error, not a crash") {
    const auto device = testing::openTestDevice({.budgetBytes = 2 << 20});
    const auto model = HTDemucsGpu::load(device, testing::tiny4Config(),
                                         models::WeightFile::generated(testing::kTiny4Seed),
                                         gpu::Storage::kFloat, nn::NormAlgorithm::kWelford);
    REQUIRE_FALSE(model.ok());
    CHECK(model.error().code == core::ErrorCode::kNoRoom);
  }

  TEST_CASE("heads that the shaders do not compute are refused by name") {
    HTDemucsConfig config = testing::tiny4Config();
    config.transformerHeads = 32;
    const auto model = HTDemucsGpu::load(testDevice(), config, models::WeightFile::generated(1),
                                         gpu::Storage::kFloat, nn::NormAlgorithm::kWelford);
    REQUIRE_FALSE(model.ok());
    CHECK(model.error().message.find("heads of 3 channels") != std::string::npos);
  }
}

}  // namespace stemwright
