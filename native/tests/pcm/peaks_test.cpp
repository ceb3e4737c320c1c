#include "pcm/peaks.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>
#include <vector>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::pcm::File;
using stemwright::pcm::PeakLayout;
using stemwright::pcm::peaksPath;
using stemwright::pcm::PeakWriter;
using stemwright::pcm::Track;
using stemwright::pcm::updatePeaks;
using stemwright::pcm::writePeaks;

namespace {

std::vector<std::int8_t> readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  return {bytes.begin(), bytes.end()};
}

/// The RMS after the levels of the header comment, taken literally and all in memory.
std::vector<std::int8_t> expectedRms(const std::vector<float>& samples, std::size_t channels) {
  std::vector<std::int8_t> all;
  const std::size_t frames = samples.size() / channels;
  std::vector<std::vector<double>> level;
  for (std::size_t start = 0; start < frames; start += 256) {
    const std::size_t end = std::min(frames, start + 256);
    std::vector<double> row(channels, 0.0);
    for (std::size_t i = start * channels; i < end * channels; ++i) {
      row[i % channels] += std::pow(static_cast<double>(samples[i]), 2);
    }
    for (double& value : row) {
      value = std::round(255 * std::sqrt(value / static_cast<double>(end - start)));
    }
    level.push_back(row);
  }
  while (true) {
    for (const auto& row : level) {
      for (const double value : row) {
        all.push_back(static_cast<std::int8_t>(static_cast<std::uint8_t>(value)));
      }
    }
    if (level.size() <= 1) return all;
    std::vector<std::vector<double>> halved;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      const auto& right = level[std::min(i + 1, level.size() - 1)];
      std::vector<double> row;
      for (std::size_t c = 0; c < channels; ++c) {
        row.push_back(std::round(std::sqrt((level[i][c] * level[i][c] + right[c] * right[c]) / 2)));
      }
      halved.push_back(row);
    }
    level = halved;
  }
}

/// The levels of the header comment, taken literally and all in memory, and their RMS.
std::vector<std::int8_t> expectedLevels(const std::vector<float>& samples, std::size_t channels) {
  std::vector<std::int8_t> all;
  const std::size_t frames = samples.size() / channels;
  std::vector<std::vector<std::int8_t>> level;
  for (std::size_t start = 0; start < frames; start += 256) {
    std::vector<std::int8_t> row;
    for (std::size_t channel = 0; channel < channels; ++channel) {
      float low = samples[start * channels + channel];
      float high = low;
      for (std::size_t frame = start; frame < std::min(frames, start + 256); ++frame) {
        low = std::min(low, samples[frame * channels + channel]);
        high = std::max(high, samples[frame * channels + channel]);
      }
      row.push_back(static_cast<std::int8_t>(std::floor(low * 127)));
      row.push_back(static_cast<std::int8_t>(std::ceil(high * 127)));
    }
    level.push_back(row);
  }
  while (true) {
    for (const auto& row : level) all.insert(all.end(), row.begin(), row.end());
    if (level.size() <= 1) {
      const std::vector<std::int8_t> rms = expectedRms(samples, channels);
      all.insert(all.end(), rms.begin(), rms.end());
      return all;
    }
    std::vector<std::vector<std::int8_t>> halved;
    for (std::size_t i = 0; i < level.size(); i += 2) {
      std::vector<std::int8_t> row = level[i];
      if (i + 1 < level.size()) {
        for (std::size_t j = 0; j < row.size(); j += 2) {
          row[j] = std::min(row[j], level[i + 1][j]);
          row[j + 1] = std::max(row[j + 1], level[i + 1][j + 1]);
        }
      }
      halved.push_back(row);
    }
    level = halved;
  }
}

std::vector<std::int8_t> levelsOf(const std::vector<std::int8_t>& file) {
  REQUIRE(file.size() >= PeakLayout::kHeaderBytes);
  return {file.begin() + PeakLayout::kHeaderBytes, file.end()};
}

}  // namespace

TEST_SUITE("pcm") {
  TEST_CASE("levels halve down to one peak and fill the file") {
    const PeakLayout layout(2, 256 * 5 + 1);
    REQUIRE(layout.levels() == 4);
    CHECK(layout.peaks(0) == 6);
    CHECK(layout.peaks(1) == 3);
    CHECK(layout.peaks(2) == 2);
    CHECK(layout.peaks(3) == 1);
    CHECK(layout.offset(1, 0) == 32 + 6 * 4);
    CHECK(layout.rmsOffset(1, 2) == 32 + (6 + 3 + 2 + 1) * 4 + (6 + 2) * 2);
    CHECK(layout.fileBytes() == 32 + (6 + 3 + 2 + 1) * (4 + 2));
    CHECK(PeakLayout(2, 0).levels() == 0);
  }

  TEST_CASE("peaks written in one go match their definition") {
    for (const std::size_t channels : {std::size_t{1}, std::size_t{2}}) {
      for (const std::size_t frames : {1u, 255u, 256u, 257u, 100000u}) {
        CAPTURE(channels);
        CAPTURE(frames);
        const TemporaryFolder folder;
        const std::vector<float> samples = noise(frames * channels, 3, 0.99f);
        writeTrack(folder.file("a.f32"), channels, samples);
        const auto track = Track::open(folder.file("a.f32"), channels);
        REQUIRE(track.ok());
        REQUIRE(writePeaks(track.value()).ok());
        CHECK(levelsOf(readFile(folder.file("a.peaks"))) == expectedLevels(samples, channels));
      }
    }
  }

  TEST_CASE("peaks refreshed range by range, in any order, come out the same") {
    const TemporaryFolder folder;
    constexpr std::size_t kFrames = 50000;
    const std::vector<float> samples = noise(kFrames * 2, 4, 0.99f);
    const auto track = Track::create(folder.file("a.f32"), 2, kFrames);
    REQUIRE(track.ok());
    auto peaks = PeakWriter::create(track.value());
    REQUIRE(peaks.ok());
    const std::size_t fullSize = readFile(folder.file("a.peaks")).size();
    const std::vector<std::pair<std::size_t, std::size_t>> ranges{
        {20100, 33333}, {0, 7}, {33333, 50000}, {7, 20100}};
    for (const auto& [begin, end] : ranges) {
      const auto part = std::span(samples).subspan(begin * 2, (end - begin) * 2);
      REQUIRE(track.value().writeAt(begin, part).ok());
      REQUIRE(peaks.value().refresh(track.value(), begin, end).ok());
      CHECK(readFile(folder.file("a.peaks")).size() == fullSize);
    }
    CHECK(levelsOf(readFile(folder.file("a.peaks"))) == expectedLevels(samples, 2));
  }

  TEST_CASE("the header names the layout") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 2, std::vector<float>(2 * 1000));
    REQUIRE(writePeaks(Track::open(folder.file("a.f32"), 2).value()).ok());
    const std::vector<std::int8_t> file = readFile(folder.file("a.peaks"));
    const auto number = [&](std::size_t at) {
      std::uint32_t value = 0;
      std::memcpy(&value, file.data() + at, sizeof value);
      return value;
    };
    CHECK(std::string(file.begin(), file.begin() + 4) == "SWPK");
    CHECK(number(4) == 2);
    CHECK(number(8) == 2);
    CHECK(number(12) == 256);
    CHECK(number(16) == 1000);
    CHECK(number(24) == 3);
  }

  TEST_CASE("overs are held at full scale and non-finite samples count as silence") {
    const TemporaryFolder folder;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    writeTrack(folder.file("a.f32"), 1, {nan, 3.0f, -2.0f});
    REQUIRE(writePeaks(Track::open(folder.file("a.f32"), 1).value()).ok());
    CHECK(levelsOf(readFile(folder.file("a.peaks"))) == std::vector<std::int8_t>{-127, 127, -1});
    writeTrack(folder.file("b.f32"), 1, {nan, nan});
    REQUIRE(writePeaks(Track::open(folder.file("b.f32"), 1).value()).ok());
    CHECK(levelsOf(readFile(folder.file("b.peaks"))) == std::vector<std::int8_t>{0, 0, 0});
  }

  TEST_CASE("peaks that fit are kept and updated, all others are written anew") {
    const TemporaryFolder folder;
    std::vector<float> samples = noise(2 * 5000, 5, 0.99f);
    writeTrack(folder.file("a.f32"), 2, samples);
    const auto track = Track::open(folder.file("a.f32"), 2, File::Access::kUpdate);
    REQUIRE(track.ok());
    const auto spoil = [&](std::streamoff at, std::string bytes) {
      std::fstream stream(folder.file("a.peaks"), std::ios::binary | std::ios::in | std::ios::out);
      stream.seekp(at);
      stream << bytes;
    };
    REQUIRE(updatePeaks(track.value(), 0, 0).ok());
    CHECK(levelsOf(readFile(folder.file("a.peaks"))) == expectedLevels(samples, 2));

    std::fill_n(samples.begin() + 2 * 1000, 2 * 700, 0.25f);
    REQUIRE(track.value().writeAt(1000, std::span(samples).subspan(2 * 1000, 2 * 700)).ok());
    REQUIRE(updatePeaks(track.value(), 1000, 1700).ok());
    CHECK(levelsOf(readFile(folder.file("a.peaks"))) == expectedLevels(samples, 2));

    spoil(32, "\x7f");
    REQUIRE(updatePeaks(track.value(), 0, 0).ok());
    CHECK(readFile(folder.file("a.peaks"))[32] == 127);
    spoil(4, "\x01");  // of an older version
    REQUIRE(updatePeaks(track.value(), 0, 0).ok());
    CHECK(levelsOf(readFile(folder.file("a.peaks"))) == expectedLevels(samples, 2));
  }

  TEST_CASE("peaks lie beside their track") {
    CHECK(peaksPath("song/vocals.f32") == "song/vocals.peaks");
    CHECK(peaksPath("v1.2/vocals") == "v1.2/vocals.peaks");
    CHECK(peaksPath("vocals.f32") == "vocals.peaks");
    CHECK(peaksPath("song/.f32") == "song/.f32.peaks");
  }
}
