#include "rt/song_stream.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <numbers>
#include <thread>
#include <vector>

#include "core/memory_usage.h"
#include "tests/rt/test_song.h"
#include "tests/support/resident_memory.h"

using stemwright::core::ErrorCode;
using stemwright::rt::PageCache;
using stemwright::rt::SongSpec;
using stemwright::rt::SongStream;
using stemwright::testing::TestSong;

namespace {

constexpr std::size_t kPage = PageCache::kPageFrames;

/// Looks until `there()`, at most 20 s.
template <typename There>
bool eventually(There there) {
  for (int i = 0; i < 4000; ++i) {
    if (there()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// A page's samples of one channel of one track.
std::vector<float> read(SongStream& stream, PageCache::Page page, std::size_t track,
                        std::size_t channel) {
  std::vector<float> samples;
  REQUIRE(eventually([&] {
    if (const float* const held = stream.pages().hold(page)) {
      const float* const from = held + (2 * track + channel) * kPage;
      samples.assign(from, from + kPage);
    }
    stream.pages().release();
    return !samples.empty();
  }));
  return samples;
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("pages hold what the tracks hold, where the playhead is and where it will be") {
    const TemporaryFolder folder;
    const TestSong song(folder, 3, 40 * kPage + 100);
    const auto stream = song.stream();
    CHECK(stream->frames() == static_cast<std::int64_t>(song.frames));
    stream->moveTo({static_cast<std::int64_t>(20 * kPage), static_cast<std::int64_t>(kPage),
                    static_cast<std::int64_t>(22 * kPage + 7)});
    for (const PageCache::Page page : {20, 21, 22, 1, 2}) {
      CAPTURE(page);
      for (std::size_t track = 0; track < 3; ++track) {
        const std::vector<float> right = read(*stream, page, track, 1);
        for (std::size_t i = 0; i < kPage; ++i) {
          const std::size_t frame = static_cast<std::size_t>(page) * kPage + i;
          REQUIRE(right[i] == song.stems[track][2 * frame + 1]);
        }
      }
    }
    stream->moveTo({static_cast<std::int64_t>(40 * kPage), 0, 0});
    const std::vector<float> last = read(*stream, 40, 0, 0);
    CHECK(last[99] == song.stems[0][2 * (40 * kPage + 99)]);
    CHECK(last[100] == 0);
    CHECK(stream->waitFor(static_cast<std::int64_t>(10 * kPage + 1), 20));
    CHECK(stream->readFaults() == 0);
  }

  TEST_CASE("when memory is short less is read ahead, and what is heard stays right") {
    const TemporaryFolder folder;
    const TestSong song(folder, 2, 60 * kPage);
    const auto stream = song.stream();
    const auto isThere = [&](PageCache::Page page) {
      const bool found = stream->pages().hold(page) != nullptr;
      stream->pages().release();
      return found;
    };
    REQUIRE(eventually([&] { return isThere(39); }));
    REQUIRE(isThere(0));  // so that page 39 was not held in the last block
    const std::size_t pageBytes = 2 * 2 * kPage * sizeof(float);
    const std::size_t given =
        stemwright::core::relievePressure(stemwright::core::PressureLevel::kWarning);
    CHECK(given >= 40 * pageBytes);
    CHECK(given <= 56 * pageBytes);
    CHECK(isThere(0));
    CHECK_FALSE(isThere(39));
    stream->moveTo({static_cast<std::int64_t>(30 * kPage), 0, 0});
    CHECK(read(*stream, 30, 1, 0)[10] == song.stems[1][2 * (30 * kPage + 10)]);
    CHECK(read(*stream, 41, 1, 1)[10] == song.stems[1][2 * (41 * kPage + 10) + 1]);
    CHECK_FALSE(isThere(50));
  }

  TEST_CASE("a growing track is heard where it is final, and more of it as it comes") {
    const TemporaryFolder folder;
    TestSong song(folder, 2, 4 * kPage);
    song.spec.tracks[1].isGrowing = true;
    const auto stream = song.stream();
    const auto sample = [&](std::size_t frame) {
      return read(*stream, static_cast<PageCache::Page>(frame / kPage), 1, 0)[frame % kPage];
    };
    CHECK(sample(5000) == 0);
    CHECK(read(*stream, 1, 0, 0)[904] == song.stems[0][2 * 5000]);
    stream->setFinished({{0, 6000}});
    CHECK(eventually([&] { return sample(5000) == song.stems[1][2 * 5000]; }));
    CHECK(sample(0) == song.stems[1][0]);
    CHECK(std::abs(sample(5999)) < std::abs(song.stems[1][2 * 5999]));
    CHECK(sample(6000) == 0);
    stream->setFinished({{0, 4 * kPage}});
    CHECK(eventually([&] { return sample(6000) == song.stems[1][2 * 6000]; }));
    CHECK(eventually([&] { return sample(5999) == song.stems[1][2 * 5999]; }));
    CHECK(eventually([&] { return sample(4 * kPage - 1) == song.stems[1][2 * (4 * kPage - 1)]; }));
  }

  TEST_CASE("what changes on disk is heard after a refresh") {
    const TemporaryFolder folder;
    const TestSong song(folder, 1, 4 * kPage);
    const auto stream = song.stream();
    CHECK(read(*stream, 0, 0, 0)[10] == song.stems[0][20]);
    const auto track = stemwright::pcm::Track::open(song.spec.tracks[0].path, 2,
                                                    stemwright::pcm::File::Access::kUpdate);
    REQUIRE(track.ok());
    REQUIRE(track.value().writeAt(10, std::vector<float>{9, 9}).ok());
    stream->refresh({10, 11});
    CHECK(eventually([&] { return read(*stream, 0, 0, 0)[10] == 9; }));
  }

  TEST_CASE("tracks of another rate are converted, page by page without a seam") {
    const TemporaryFolder folder;
    std::vector<float> samples;
    for (int i = 0; i < 60000; ++i) {
      const auto value = static_cast<float>(std::sin(2 * std::numbers::pi * 1000 * i / 44100));
      samples.insert(samples.end(), {value, -value});
    }
    writeTrack(folder.file("a.f32"), 2, samples);
    auto stream = SongStream::open({{{folder.file("a.f32"), 2, false}}, 44100}, 48000);
    REQUIRE(stream.ok());
    CHECK(stream.value()->frames() == 65306);
    for (const PageCache::Page page : {1, 2, 3}) {
      const std::vector<float> left = read(*stream.value(), page, 0, 0);
      const std::vector<float> right = read(*stream.value(), page, 0, 1);
      for (std::size_t i = 0; i < kPage; ++i) {
        const auto frame = static_cast<double>(static_cast<std::size_t>(page) * kPage + i);
        const double expected = std::sin(2 * std::numbers::pi * 1000 * frame / 48000);
        REQUIRE(std::abs(left[i] - expected) < 1e-5);
        REQUIRE(right[i] == -left[i]);
      }
    }
  }

  TEST_CASE("a stretched song has no seam, wherever its pages were read from") {
    const TemporaryFolder folder;
    std::vector<float> samples;
    for (int i = 0; i < 300'000; ++i) {
      const auto value = static_cast<float>(std::sin(2 * std::numbers::pi * 300 * i / 48000));
      samples.insert(samples.end(), {value, value});
    }
    writeTrack(folder.file("a.f32"), 2, samples);
    auto opened = SongStream::open({{{folder.file("a.f32"), 2, false}}, 48000, {0.5, 0.8f}}, 48000);
    REQUIRE(opened.ok());
    SongStream& stream = *opened.value();
    CHECK(stream.frames() == 375'000);
    CHECK(stream.toHeard(200'000) == 250'000);
    // Jumps leave pages of many runs, in one cache.
    for (const PageCache::Page page : {30, 10, 50, 24, 4, 44}) {
      stream.moveTo({page * static_cast<PageCache::Page>(kPage), 0, 0});
      REQUIRE(stream.waitFor(page * static_cast<PageCache::Page>(kPage), 20));
    }
    stream.moveTo({static_cast<std::int64_t>(2 * kPage), 0, 0});
    const double steepest = 2 * std::numbers::pi * 300 * std::exp2(0.5 / 12) / 48000;
    float last = read(stream, 2, 0, 0).back();
    for (PageCache::Page page = 3; page < 60; ++page) {
      CAPTURE(page);
      stream.moveTo({page * static_cast<PageCache::Page>(kPage), 0, 0});
      // As the audio thread: whatever is there now.
      for (const float value : read(stream, page, 0, 0)) {
        REQUIRE(std::abs(value - last) < 1.3 * steepest);
        last = value;
      }
    }
  }

  TEST_CASE("ten hours take no more memory than a minute" *
            doctest::skip(!stemwright::testing::knowsResidentMemory())) {
    const auto grown = [](std::size_t seconds) {
      const TemporaryFolder folder;
      SongSpec spec{{}, 44100};
      for (int i = 0; i < 6; ++i) {
        const std::string path = folder.file(std::to_string(i) + ".f32");
        REQUIRE(stemwright::pcm::Track::create(path, 2, seconds * 44100).ok());  // sparse
        spec.tracks.push_back({path, 2, false});
      }
      return stemwright::testing::peakGrowth([&] {
        auto stream = SongStream::open(spec, 44100);
        REQUIRE(stream.ok());
        for (std::size_t at = 0; at < 40; ++at) {
          const auto frame = static_cast<std::int64_t>(seconds * 44100 / 40 * at);
          stream.value()->moveTo({frame, 0, 0});
          REQUIRE(stream.value()->waitFor(frame, 20));
        }
      });
    };
    const double minute = static_cast<double>(grown(60));
    CHECK(static_cast<double>(grown(36000)) < 1.1 * minute + 1e6);
    CHECK(minute < 20e6);
  }

  TEST_CASE("tracks that cannot play together are refused by name") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 2, std::vector<float>(2000));
    writeTrack(folder.file("b.f32"), 2, std::vector<float>(2002));
    const auto code = [&](const SongSpec& spec) {
      auto stream = SongStream::open(spec, 48000);
      REQUIRE_FALSE(stream.ok());
      return stream.error().code;
    };
    CHECK(code({{}, 48000}) == ErrorCode::kInvalidArgument);
    CHECK(code({{{folder.file("a.f32"), 3, false}}, 48000}) == ErrorCode::kInvalidArgument);
    CHECK(code({{{folder.file("a.f32"), 2, false}}, 0}) == ErrorCode::kInvalidArgument);
    CHECK(code({{{folder.file("none.f32"), 2, false}}, 48000}) == ErrorCode::kInput);
    CHECK(code({{{folder.file("a.f32"), 2, false}, {folder.file("b.f32"), 2, false}}, 48000}) ==
          ErrorCode::kInput);
  }
}
