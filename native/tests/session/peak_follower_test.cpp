#include "session/peak_follower.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::ErrorCode;
using stemwright::models::FrameRange;
using stemwright::pcm::Track;
using stemwright::session::newlyFinished;
using stemwright::session::PeakFollower;
using Ranges = std::vector<FrameRange>;

namespace {

std::string contents(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("newly finished frames are the difference of the two lists") {
    CHECK(newlyFinished(Ranges{}, Ranges{{0, 5}}) == Ranges{{0, 5}});
    CHECK(newlyFinished(Ranges{{0, 5}}, Ranges{{0, 5}}) == Ranges{});
    CHECK(newlyFinished(Ranges{{0, 5}}, Ranges{{0, 9}}) == Ranges{{5, 9}});
    CHECK(newlyFinished(Ranges{{4, 6}}, Ranges{{0, 9}}) == Ranges{{0, 4}, {6, 9}});
    CHECK(newlyFinished(Ranges{{2, 3}, {5, 6}}, Ranges{{0, 3}, {4, 8}, {10, 12}}) ==
          Ranges{{0, 2}, {4, 5}, {6, 8}, {10, 12}});
  }

  TEST_CASE("peaks followed range by range are those of the whole track") {
    const TemporaryFolder folder;
    const std::vector<std::string> paths{folder.file("drums.f32"), folder.file("bass.f32")};
    for (const std::string& path : paths) writeTrack(path, 2, noise(2 * 30000, 11));
    PeakFollower follower(paths, 2);
    REQUIRE(follower.follow(Ranges{{10000, 20000}}).ok());
    REQUIRE(follower.follow(Ranges{{0, 5000}, {10000, 20000}}).ok());
    REQUIRE(follower.follow(Ranges{{0, 30000}}).ok());
    const std::string followed = contents(folder.file("drums.peaks"));
    CHECK(contents(folder.file("bass.peaks")) == followed);
    REQUIRE(stemwright::pcm::writePeaks(Track::open(paths[0], 2).value()).ok());
    CHECK(contents(folder.file("drums.peaks")) == followed);
  }

  TEST_CASE("a stem that is not there is an error") {
    const TemporaryFolder folder;
    const std::vector<std::string> paths{folder.file("none.f32")};
    PeakFollower follower(paths, 2);
    CHECK(follower.follow(Ranges{{0, 1}}).error().code == ErrorCode::kInput);
  }
}
