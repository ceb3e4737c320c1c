#include <doctest/doctest.h>

#include <filesystem>
#include <future>

#include "session/separation_job.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"
#include "tests/support/tiny_models.h"

using stemwright::core::ErrorCode;
using stemwright::core::Result;
using stemwright::models::SeparationRequest;
using stemwright::session::JobProgress;
using stemwright::session::JobResult;
using stemwright::session::planSeparation;
using stemwright::session::SeparationJob;

namespace {

constexpr std::size_t kFrames = 30000;

SeparationRequest request(const TemporaryFolder& folder) {
  writeTrack(folder.file("mix.f32"), 2, noise(2 * kFrames, 31));
  SeparationRequest request;
  request.models = {{stemwright::testing::load(stemwright::testing::tiny4Config(),
                                               stemwright::testing::kTiny4Seed),
                     {1, 1, 1, 1}}};
  request.input = folder.file("mix.f32");
  request.frames = kFrames;
  request.std = 0.2;
  request.outputs = {folder.file("drums.f32"), {}, {}, folder.file("vocals.f32")};
  return request;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("a planned separation leaves the wanted stems with their peaks, and only those") {
    const TemporaryFolder folder;
    auto plan = planSeparation(request(folder));
    REQUIRE(plan.ok());
    CHECK(plan.value().channels == 2);
    CHECK(plan.value().segmentSeconds == doctest::Approx(0.3));

    std::promise<Result<JobResult>> end;
    JobProgress last;
    auto job = SeparationJob::start(
        std::move(plan).value(), {[&](const JobProgress& step) { last = step; },
                                  [&](const Result<JobResult>& result) { end.set_value(result); }});
    REQUIRE(job.ok());
    REQUIRE(end.get_future().get().ok());
    CHECK(last.segment == last.segments);
    CHECK(last.finished == std::vector<stemwright::session::FrameRange>{{0, kFrames}});
    for (const char* name : {"drums", "vocals"}) {
      CAPTURE(name);
      CHECK(readTrack(folder.file(std::string(name) + ".f32"), 2).size() == 2 * kFrames);
      CHECK(std::filesystem::exists(folder.file(std::string(name) + ".peaks")));
    }
    CHECK_FALSE(std::filesystem::exists(folder.file("bass.f32")));
    CHECK_FALSE(std::filesystem::exists(folder.file("bass.peaks")));
  }

  TEST_CASE("a segment of one's own choice is reported, and a separation needs a model") {
    const TemporaryFolder folder;
    SeparationRequest own = request(folder);
    own.segmentSeconds = 0.5;
    CHECK(planSeparation(own).value().segmentSeconds == 0.5);
    own.models.clear();
    CHECK(planSeparation(own).error().code == ErrorCode::kInvalidArgument);
  }
}
