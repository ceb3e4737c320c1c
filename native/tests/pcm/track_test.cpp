#include "pcm/track.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <thread>
#include <vector>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::ErrorCode;
using stemwright::pcm::File;
using stemwright::pcm::Track;

TEST_SUITE("pcm") {
  TEST_CASE("a new track has its full length and is silent until written") {
    const TemporaryFolder folder;
    const auto track = Track::create(folder.file("a.f32"), 2, 1000);
    REQUIRE(track.ok());
    CHECK(std::filesystem::file_size(folder.file("a.f32")) == 1000 * 2 * sizeof(float));
    const std::vector<float> written{1, 2, 3, 4};
    REQUIRE(track.value().writeAt(500, written).ok());
    const std::vector<float> all = readTrack(folder.file("a.f32"), 2);
    CHECK(std::accumulate(all.begin(), all.end(), 0.0f) == 10.0f);
    CHECK(std::vector<float>(all.begin() + 1000, all.begin() + 1004) == written);
  }

  TEST_CASE("positions beyond 2^32 bytes reach the right place") {
    const TemporaryFolder folder;
    const std::size_t frames = (std::size_t{5} << 30) / sizeof(float);
    const auto track = Track::create(folder.file("long.f32"), 1, frames);
    REQUIRE(track.ok());
    const std::vector<float> mark{0.25f, -0.5f};
    REQUIRE(track.value().writeAt(frames - 2, mark).ok());
    const auto reopened = Track::open(folder.file("long.f32"), 1);
    REQUIRE(reopened.ok());
    CHECK(reopened.value().frames() == frames);
    std::vector<float> read(2);
    REQUIRE(reopened.value().read(frames - 2, read).ok());
    CHECK(read == mark);
    REQUIRE(reopened.value().read(frames - 2 - (std::size_t{1} << 30), read).ok());
    CHECK(read == std::vector<float>{0, 0});
  }

  TEST_CASE("threads write disjoint ranges at the same time") {
    const TemporaryFolder folder;
    constexpr std::size_t kThreads = 4;
    constexpr std::size_t kFrames = 20000;
    const auto track = Track::create(folder.file("a.f32"), 2, kThreads * kFrames);
    REQUIRE(track.ok());
    const std::vector<float> expected = noise(kThreads * kFrames * 2, 1);
    std::vector<std::thread> threads;
    for (std::size_t thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (std::size_t frame = 0; frame < kFrames; frame += 100) {
          const std::size_t at = thread * kFrames + frame;
          const auto status =
              track.value().writeAt(at, std::span(expected).subspan(at * 2, 100 * 2));
          if (!status.ok()) std::abort();
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(readTrack(folder.file("a.f32"), 2) == expected);
  }

  TEST_CASE("ranges outside the track and halves of frames are refused") {
    const TemporaryFolder folder;
    const auto track = Track::create(folder.file("a.f32"), 2, 10);
    REQUIRE(track.ok());
    std::vector<float> four(4);
    std::vector<float> three(3);
    CHECK(track.value().writeAt(8, four).ok());
    CHECK(track.value().writeAt(9, four).error().code == ErrorCode::kInvalidArgument);
    CHECK(track.value().read(11, std::span<float>()).error().code == ErrorCode::kInvalidArgument);
    CHECK(track.value().read(0, three).error().code == ErrorCode::kInvalidArgument);
    CHECK(track.value().writeAt(SIZE_MAX, four).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("a track of no channels or of an impossible length is refused") {
    const TemporaryFolder folder;
    CHECK(Track::create(folder.file("a.f32"), 0, 10).error().code == ErrorCode::kInvalidArgument);
    CHECK(Track::create(folder.file("a.f32"), 65, 10).error().code == ErrorCode::kInvalidArgument);
    CHECK(Track::create(folder.file("a.f32"), 2, SIZE_MAX).error().code ==
          ErrorCode::kInvalidArgument);
    CHECK_FALSE(std::filesystem::exists(folder.file("a.f32")));
  }

  TEST_CASE("opening names the file that is missing or is no whole number of frames") {
    const TemporaryFolder folder;
    const auto missing = Track::open(folder.file("none.f32"), 2);
    REQUIRE_FALSE(missing.ok());
    CHECK(missing.error().code == ErrorCode::kInput);
    CHECK(missing.error().message.find("none.f32") != std::string::npos);

    std::ofstream(folder.file("odd.f32"), std::ios::binary) << "12345678901";
    const auto odd = Track::open(folder.file("odd.f32"), 2);
    REQUIRE_FALSE(odd.ok());
    CHECK(odd.error().code == ErrorCode::kInput);
    CHECK(odd.error().message.find("odd.f32") != std::string::npos);
  }

  TEST_CASE("a file that was cut after opening is an input error that says so") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 1, std::vector<float>(100, 0.5f));
    const auto track = Track::open(folder.file("a.f32"), 1);
    REQUIRE(track.ok());
    std::filesystem::resize_file(folder.file("a.f32"), 200);
    std::vector<float> samples(100);
    const auto status = track.value().read(0, samples);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::kInput);
    CHECK(status.error().message.find("ends at byte 200") != std::string::npos);
  }

  TEST_CASE("a folder that does not exist is an output error") {
    const TemporaryFolder folder;
    CHECK(Track::create(folder.file("none/a.f32"), 2, 10).error().code == ErrorCode::kOutput);
  }

  TEST_CASE("writing to a track opened for reading is an output error") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 1, std::vector<float>(4, 0.5f));
    const auto track = Track::open(folder.file("a.f32"), 1);
    REQUIRE(track.ok());
    CHECK(track.value().writeAt(0, std::vector<float>(4)).error().code == ErrorCode::kOutput);
  }

#ifdef __linux__
  TEST_CASE("a full disk is reported as no room") {
    const auto file = File::open("/dev/full", File::Access::kUpdate);
    REQUIRE(file.ok());
    const std::vector<std::byte> bytes(4096);
    const auto status = file.value().writeAt(0, bytes);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::kNoRoom);
    CHECK(status.error().message.find("/dev/full") != std::string::npos);
  }
#endif
}
