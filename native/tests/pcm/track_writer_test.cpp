#include "pcm/track_writer.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::ErrorCode;
using stemwright::pcm::MonoStatistics;
using stemwright::pcm::TrackStats;
using stemwright::pcm::TrackWriter;

namespace {

TrackStats writeInChunks(const std::string& path, std::size_t channels,
                         const std::vector<float>& samples, std::size_t chunkBytes) {
  auto writer = TrackWriter::create(path, channels);
  REQUIRE(writer.ok());
  std::span<const std::byte> bytes = std::as_bytes(std::span(samples));
  while (!bytes.empty()) {
    const std::size_t count = std::min(chunkBytes, bytes.size());
    REQUIRE(writer.value().append(bytes.first(count)).ok());
    bytes = bytes.subspan(count);
  }
  const auto stats = writer.value().finish();
  REQUIRE(stats.ok());
  return stats.value();
}

}  // namespace

TEST_SUITE("pcm") {
  TEST_CASE("bytes arrive whole, however the chunks cut frames and floats") {
    const TemporaryFolder folder;
    const std::vector<float> samples = noise(2 * 40001, 2);
    for (const std::size_t chunk : {std::size_t{3}, std::size_t{65537}, std::size_t{1} << 30}) {
      CAPTURE(chunk);
      const TrackStats stats = writeInChunks(folder.file("a.f32"), 2, samples, chunk);
      CHECK(stats.frames == 40001);
      CHECK(readTrack(folder.file("a.f32"), 2) == samples);
    }
    CHECK(std::filesystem::exists(folder.file("a.peaks")));
  }

  TEST_CASE("mean and deviation are those of the mono mix, unbiased") {
    const TemporaryFolder folder;
    // Mono mix: 0.5, 1.5, 2.5, 3.5.
    const TrackStats stats = writeInChunks(folder.file("a.f32"), 2, {0, 1, 1, 2, 2, 3, 3, 4}, 5);
    CHECK(stats.mean == doctest::Approx(2.0).epsilon(1e-15));
    CHECK(stats.deviation == doctest::Approx(std::sqrt(5.0 / 3.0)).epsilon(1e-15));
    CHECK(stats.peak == 4.0);
    CHECK(stats.nonFinite == 0);
  }

  TEST_CASE("the deviation survives a large offset and many blocks") {
    MonoStatistics statistics;
    const std::size_t blocks = 1000;
    std::vector<float> block(512);
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = i % 2 == 0 ? 4096.5f : 4095.5f;
    for (std::size_t i = 0; i < blocks; ++i) statistics.add(block, 1);
    const double count = static_cast<double>(blocks * block.size());
    CHECK(statistics.mean() == doctest::Approx(4096.0).epsilon(1e-15));
    CHECK(statistics.deviation() ==
          doctest::Approx(0.5 * std::sqrt(count / (count - 1))).epsilon(1e-12));
  }

  TEST_CASE("NaN and infinities are counted and written as silence") {
    const TemporaryFolder folder;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const float infinity = std::numeric_limits<float>::infinity();
    const TrackStats stats =
        writeInChunks(folder.file("a.f32"), 1, {0.5f, nan, -0.75f, infinity, -infinity}, 7);
    CHECK(stats.nonFinite == 3);
    CHECK(stats.peak == 0.75);
    CHECK(stats.mean == doctest::Approx(-0.05));
    CHECK(readTrack(folder.file("a.f32"), 1) == std::vector<float>{0.5f, 0, -0.75f, 0, 0});
  }

  TEST_CASE("an empty song and a song of one frame have no deviation") {
    const TemporaryFolder folder;
    const TrackStats none = writeInChunks(folder.file("a.f32"), 2, {}, 8);
    CHECK(none.frames == 0);
    CHECK(none.deviation == 0);
    const TrackStats one = writeInChunks(folder.file("b.f32"), 2, {0.5f, 0.25f}, 8);
    CHECK(one.frames == 1);
    CHECK(one.mean == 0.375);
    CHECK(one.deviation == 0);
  }

  TEST_CASE("an end inside a frame is an input error") {
    const TemporaryFolder folder;
    auto writer = TrackWriter::create(folder.file("a.f32"), 2);
    REQUIRE(writer.ok());
    REQUIRE(writer.value().append(std::vector<std::byte>(13)).ok());
    const auto stats = writer.value().finish();
    REQUIRE_FALSE(stats.ok());
    CHECK(stats.error().code == ErrorCode::kInput);
    CHECK(stats.error().message.find("5 of 8 bytes") != std::string::npos);
  }

  TEST_CASE("a finished writer takes nothing more") {
    const TemporaryFolder folder;
    auto writer = TrackWriter::create(folder.file("a.f32"), 1);
    REQUIRE(writer.ok());
    REQUIRE(writer.value().finish().ok());
    CHECK(writer.value().append(std::vector<std::byte>(4)).error().code ==
          ErrorCode::kInvalidArgument);
    CHECK(writer.value().finish().error().code == ErrorCode::kInvalidArgument);
  }

#ifdef __linux__
  TEST_CASE("no room while appending sticks until finish") {
    auto writer = TrackWriter::create("/dev/full", 2);
    REQUIRE(writer.ok());
    const std::vector<std::byte> megabyte(1 << 20);
    CHECK(writer.value().append(megabyte).error().code == ErrorCode::kNoRoom);
    CHECK(writer.value().append(std::vector<std::byte>(8)).error().code == ErrorCode::kNoRoom);
    CHECK(writer.value().finish().error().code == ErrorCode::kNoRoom);
  }
#endif
}
