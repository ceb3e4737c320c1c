#include "pcm/replace_range.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "pcm/peaks.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::ErrorCode;
using stemwright::pcm::replaceRange;
using stemwright::pcm::ReplaceRequest;
using stemwright::pcm::Track;

namespace {

constexpr std::size_t kFrames = 60000;

std::string bytesOf(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

ReplaceRequest request(const TemporaryFolder& folder) {
  return {.track = folder.file("vocals.f32"),
          .channels = 2,
          .start = 10000,
          .end = 50000,
          .patch = folder.file("patch.f32"),
          .patchStart = 10000,
          .fadeFrames = 99,
          .keep = folder.file("kept.f32")};
}

}  // namespace

TEST_SUITE("pcm") {
  TEST_CASE("a range is replaced with a linear crossfade inside its edges, and kept") {
    const TemporaryFolder folder;
    writeTrack(folder.file("vocals.f32"), 2, std::vector<float>(2 * kFrames, 0.5f));
    writeTrack(folder.file("patch.f32"), 2, std::vector<float>(2 * kFrames, -0.5f));
    REQUIRE(replaceRange(request(folder)).ok());
    const std::vector<float> now = readTrack(folder.file("vocals.f32"), 2);
    REQUIRE(now.size() == 2 * kFrames);
    for (std::size_t frame = 0; frame < kFrames; ++frame) {
      double weight = 0;
      if (frame >= 10000 && frame < 50000) {
        weight = std::min({1.0, static_cast<double>(frame - 9999) / 100,
                           static_cast<double>(50000 - frame) / 100});
      }
      REQUIRE(now[2 * frame] == doctest::Approx(0.5 - weight).epsilon(1e-6));
      REQUIRE(now[2 * frame + 1] == now[2 * frame]);
    }
    CHECK(readTrack(folder.file("kept.f32"), 2) == std::vector<float>(2 * 40000, 0.5f));
  }

  TEST_CASE("the ends of a track are no edges to fade at") {
    const TemporaryFolder folder;
    writeTrack(folder.file("vocals.f32"), 2, std::vector<float>(2 * kFrames, 0.5f));
    const std::vector<float> patch = noise(2 * kFrames, 8);
    writeTrack(folder.file("patch.f32"), 2, patch);
    ReplaceRequest whole = request(folder);
    whole.start = whole.patchStart = 0;
    whole.end = kFrames;
    REQUIRE(replaceRange(whole).ok());
    CHECK(readTrack(folder.file("vocals.f32"), 2) == patch);
  }

  TEST_CASE(
      "kept frames bring the track back to the bit, and again the replacement; peaks follow") {
    const TemporaryFolder folder;
    const std::vector<float> original = noise(2 * kFrames, 6);
    writeTrack(folder.file("vocals.f32"), 2, original);
    writeTrack(folder.file("patch.f32"), 2, noise(2 * kFrames, 7, 0.9f));
    REQUIRE(replaceRange(request(folder)).ok());
    const std::vector<float> replaced = readTrack(folder.file("vocals.f32"), 2);
    CHECK(replaced != original);

    ReplaceRequest back = request(folder);
    back.patch = folder.file("kept.f32");
    back.patchStart = back.fadeFrames = 0;
    back.keep = folder.file("kept2.f32");
    REQUIRE(replaceRange(back).ok());
    CHECK(readTrack(folder.file("vocals.f32"), 2) == original);
    std::swap(back.patch, back.keep);
    REQUIRE(replaceRange(back).ok());
    CHECK(readTrack(folder.file("vocals.f32"), 2) == replaced);

    const std::string followed = bytesOf(folder.file("vocals.peaks"));
    const auto track = Track::open(folder.file("vocals.f32"), 2);
    REQUIRE(writePeaks(track.value()).ok());
    CHECK(followed == bytesOf(folder.file("vocals.peaks")));
  }

  TEST_CASE("what does not reach is refused before anything is touched") {
    const TemporaryFolder folder;
    const std::vector<float> original = noise(2 * kFrames, 6);
    writeTrack(folder.file("vocals.f32"), 2, original);
    writeTrack(folder.file("patch.f32"), 2, noise(2 * kFrames, 7));
    const auto refused = [&](auto&& change) {
      ReplaceRequest bad = request(folder);
      change(bad);
      CHECK(replaceRange(bad).error().code == ErrorCode::kInvalidArgument);
      CHECK(readTrack(folder.file("vocals.f32"), 2) == original);
      CHECK_FALSE(std::filesystem::exists(folder.file("kept.f32")));
    };
    refused([](ReplaceRequest& r) { r.end = r.start; });
    refused([](ReplaceRequest& r) { r.end = kFrames + 1; });
    refused([](ReplaceRequest& r) { r.patchStart = 20001; });
    refused([](ReplaceRequest& r) { r.patch = r.track; });
    refused([](ReplaceRequest& r) { r.keep = r.track; });
    refused([](ReplaceRequest& r) { r.keep = r.patch; });
  }
}
