#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rt/engine.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

namespace stemwright::testing {

inline constexpr double kTestRate = 48000;

/// Noise on disk as the stems of a song.
struct TestSong {
  TestSong(const TemporaryFolder& folder, std::size_t count, std::size_t length,
           std::uint32_t seed = 1)
      : frames(length) {
    for (std::size_t i = 0; i < count; ++i) {
      stems.push_back(noise(2 * length, seed + static_cast<std::uint32_t>(i), 0.3f));
      const std::string path = folder.file("stem" + std::to_string(seed + i) + ".f32");
      writeTrack(path, 2, stems.back());
      spec.tracks.push_back({path, 2, false});
    }
    spec.rate = kTestRate;
  }

  std::unique_ptr<rt::SongStream> stream(double rate = kTestRate) const {
    auto opened = rt::SongStream::open(spec, rate);
    REQUIRE(opened.ok());
    return std::move(opened).value();
  }

  /// Ready to play at once from `position`.
  std::unique_ptr<rt::Song> open(const std::vector<rt::Gains>& gains = {},
                                 std::int64_t position = 0) const {
    auto opened = stream();
    REQUIRE(opened->waitFor(position, 20));
    return std::make_unique<rt::Song>(std::move(opened), kTestRate, gains);
  }

  std::size_t frames;
  std::vector<std::vector<float>> stems;  ///< interleaved
  rt::SongSpec spec;
};

/// What an engine puts out, block by block, interleaved.
class Recorder {
 public:
  explicit Recorder(rt::Engine& engine) : engine_(engine) {}

  void run(std::size_t frames) {
    left_.resize(frames);
    right_.resize(frames);
    float* const output[] = {left_.data(), right_.data()};
    engine_.process(nullptr, 0, output, 2, frames);
    for (std::size_t i = 0; i < frames; ++i) {
      sound.push_back(left_[i]);
      sound.push_back(right_[i]);
    }
  }

  std::vector<float> sound;

 private:
  rt::Engine& engine_;
  std::vector<float> left_;
  std::vector<float> right_;
};

}  // namespace stemwright::testing
