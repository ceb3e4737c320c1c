#include <doctest/doctest.h>

#include <functional>
#include <vector>

#include "models/segmented_separation.h"
#include "pcm/track.h"
#include "pcm/track_writer.h"
#include "tests/gpu/test_device.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/support/safetensors.h"
#include "tests/support/tiny_models.h"

namespace stemwright {
namespace {

using testing::valueOf;

struct Separated {
  std::vector<float> stems;
  models::SeparationProgress last;
};

/// Five segments of noise through tiny4, on a device that goes away after so many executions.
/// @param mayUseDevice of the segment after so many
Separated separate(
    std::optional<unsigned> loseAfter, bool onDevice,
    const std::function<bool(std::size_t)>& mayUseDevice = [](std::size_t) { return true; },
    unsigned threads = 2) {
  const TemporaryFolder folder;
  const std::vector<float> song = testing::noiseOf(2 * 49000, 3);
  auto writer = valueOf(pcm::TrackWriter::create(folder.file("mix.f32"), 2));
  testing::require(writer.append(std::as_bytes(std::span<const float>(song))));
  REQUIRE(valueOf(writer.finish()).frames == 49000);
  models::SeparationRequest request;
  const auto model = testing::load(testing::tiny4Config(), testing::kTiny4Seed);
  request.models = {{model, {1, 1, 1, 1}}};
  if (onDevice) {
    const auto device = testing::openTestDevice({.loseAfter = loseAfter});
    request.models[0].gpu = valueOf(models::HTDemucsGpu::load(
        device, model->config(), models::WeightFile::generated(testing::kTiny4Seed),
        gpu::Storage::kFloat, nn::NormAlgorithm::kWelford));
  }
  request.input = folder.file("mix.f32");
  request.frames = 49000;
  request.threads = threads;
  for (const char* name : {"a", "b", "c", "d"}) request.outputs.push_back(folder.file(name));
  Separated result;
  models::SeparationControl control;
  control.mayUseDevice = mayUseDevice(0);
  testing::require(
      models::separate(request, control, [&](const models::SeparationProgress& progress) {
        result.last = progress;
        control.mayUseDevice = mayUseDevice(progress.segment);
      }));
  for (const auto& path : request.outputs) {
    auto track = valueOf(pcm::Track::open(*path, 2));
    std::vector<float> samples(track.frames() * 2);
    testing::require(track.read(0, samples));
    result.stems.insert(result.stems.end(), samples.begin(), samples.end());
  }
  return result;
}

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("a job leaves its device for as long as that may not be used, and comes back") {
    const Separated reference = separate(std::nullopt, false);
    const auto hotAtFirst = [](std::size_t done) { return done >= 2; };
    // With one thread each segment is told of before the next one begins.
    const Separated moved = separate(std::nullopt, true, hotAtFirst, 1);
    CHECK(moved.last.onDevice == moved.last.segments - 2);
    CHECK(moved.last.deviceFault.empty());
    CHECK(testing::relativeRms(moved.stems, reference.stems) < 1e-4);
  }

  TEST_CASE("a job whose device goes away half-way ends with the right stems") {
    const Separated reference = separate(std::nullopt, false);
    CHECK(reference.last.onDevice == 0);
    CHECK(reference.last.deviceFault.empty());

    const Separated whole = separate(std::nullopt, true);
    CHECK(whole.last.onDevice == whole.last.segments);
    CHECK(whole.last.deviceFault.empty());
    CHECK(testing::relativeRms(whole.stems, reference.stems) < 1e-4);

    const Separated broken = separate(2, true);
    CHECK(broken.last.onDevice == 2);
    CHECK(broken.last.segment == broken.last.segments);
    CHECK(broken.last.deviceFault.find("went away") != std::string::npos);
    CHECK(testing::relativeRms(broken.stems, reference.stems) < 1e-4);
  }
}

}  // namespace stemwright
