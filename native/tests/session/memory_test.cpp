#include "session/memory.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

#include "models/segmented_separation.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"
#include "tests/support/resident_memory.h"
#include "tests/support/tiny_models.h"
#include "tests/support/weight_table.h"

namespace stemwright {
namespace {

using models::Mode;
using session::maximumSegmentFor;
using session::memoryFor;

constexpr double kRate = 44100;
constexpr unsigned kThreads = 2;

std::shared_ptr<const models::HTDemucs> openHouse() {
  const std::string path = std::string(STEMWRIGHT_ASSETS) + "/models/house.safetensors";
  auto file = models::WeightFile::open(path, testing::weightTable(path));
  REQUIRE(file.ok());
  auto model = models::HTDemucs::load(testing::houseConfig(), std::move(file).value());
  REQUIRE(model.ok());
  return std::move(model).value();
}

std::shared_ptr<const models::HTDemucs> openTiny() {
  return testing::load(testing::tiny4Config(), testing::kTiny4Seed);
}

/// Opens a model and separates a song that is a little longer than the segment.
void separateOnce(const TemporaryFolder& folder, std::shared_ptr<const models::HTDemucs> (*open)(),
                  Mode mode, double seconds) {
  models::SeparationRequest request;
  request.models = {{open(), {1, 1, 1, 1}}};
  request.input = folder.file("mix.f32");
  request.frames = static_cast<std::size_t>(seconds * kRate) + 100;
  for (const std::string& source : request.models[0].model->config().sources) {
    request.outputs.push_back(folder.file(source + ".f32"));
  }
  request.mode = mode;
  request.segmentSeconds = seconds;
  request.overlap = 0;
  request.threads = kThreads;
  REQUIRE(models::separate(request, models::SeparationControl(), [](const auto&) {}).ok());
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("the memory that is predicted is the memory that is taken" *
            doctest::skip(!testing::knowsResidentMemory())) {
    struct Case {
      const char* name;
      std::shared_ptr<const models::HTDemucs> (*open)();
      Mode mode;
      double seconds;
    };
    for (const Case& c :
         {Case{"tiny", openTiny, Mode::kFull, 2.0}, Case{"tiny", openTiny, Mode::kFull, 8.0},
          Case{"tiny", openTiny, Mode::kTimeOnly, 10.0}, Case{"house", openHouse, Mode::kFull, 1.0},
          Case{"house", openHouse, Mode::kFull, 4.0},
          Case{"house", openHouse, Mode::kTimeOnly, 8.0}}) {
      CAPTURE(c.name);
      CAPTURE(c.seconds);
      const TemporaryFolder folder;
      writeTrack(folder.file("mix.f32"), 2,
                 noise(2 * (static_cast<std::size_t>(c.seconds * kRate) + 100), 9));
      const std::uint64_t grown =
          testing::peakGrowth([&] { separateOnce(folder, c.open, c.mode, c.seconds); });
      const std::uint64_t predicted = memoryFor(*c.open(), c.mode, c.seconds, kThreads).value();
      CAPTURE(grown);
      CAPTURE(predicted);
      CHECK(static_cast<double>(predicted) > 0.8 * static_cast<double>(grown));
      CHECK(static_cast<double>(predicted) < 1.2 * static_cast<double>(grown));
    }
  }

  TEST_CASE("memory grows with the segment and the threads, and time-only takes less") {
    const auto model = openTiny();
    std::uint64_t before = 0;
    for (double seconds = 0.1; seconds < 4; seconds += 0.1) {
      const std::uint64_t bytes = memoryFor(*model, Mode::kFull, seconds, 2).value();
      CHECK(bytes > before);
      CHECK(memoryFor(*model, Mode::kTimeOnly, seconds, 2).value() < bytes);
      CHECK(memoryFor(*model, Mode::kFull, seconds, 3).value() > bytes);
      before = bytes;
    }
    CHECK(memoryFor(*model, Mode::kFull, std::nullopt, 2).value() ==
          memoryFor(*model, Mode::kFull, 0.3, 2).value());
    using core::ErrorCode;
    CHECK(memoryFor(*model, Mode::kFull, 121, 2).error().code == ErrorCode::kInvalidArgument);
    CHECK(memoryFor(*model, Mode::kFull, 1, 0).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("the longest segment within a budget is the last that fits") {
    const auto model = openTiny();
    const auto longest = [&](std::uint64_t budget) {
      return maximumSegmentFor(*model, Mode::kFull, 2, budget).value();
    };
    const auto bytes = [&](double seconds) {
      return memoryFor(*model, Mode::kFull, seconds, 2).value();
    };
    CHECK_FALSE(longest(bytes(1.0) - 1).has_value());
    CHECK(longest(bytes(1.0)) == 1.0);
    CHECK(longest(bytes(120)) == 120.0);
    CHECK(longest(~std::uint64_t{0}) == 120.0);
    double before = 0;
    for (std::uint64_t budget = bytes(1.0); budget < bytes(20.0); budget += 3'000'000) {
      const double seconds = longest(budget).value();
      CHECK(seconds >= before);
      CHECK(bytes(seconds) <= budget);
      CHECK(bytes(seconds + 0.1) > budget);
      before = seconds;
    }
    CHECK(maximumSegmentFor(*model, Mode::kFull, 0, 1 << 30).error().code ==
          core::ErrorCode::kInvalidArgument);
  }
}

}  // namespace stemwright
