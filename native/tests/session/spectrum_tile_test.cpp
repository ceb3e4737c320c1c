#include "session/spectrum_tile.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::ErrorCode;
using stemwright::session::spectrumTile;
using stemwright::session::SpectrumTileRequest;

namespace {

constexpr double kRate = 44100;
constexpr std::size_t kFrames = 300 * 512 + 77;

double frequencyOf(std::size_t rowEdge) {
  return 30 * std::pow(kRate / 2 / 30, static_cast<double>(rowEdge) / 256);
}

/// Two channels whose average is a sine that a bin is centred on.
std::vector<float> sine(std::size_t bin, double amplitude) {
  std::vector<float> samples;
  for (std::size_t frame = 0; frame < kFrames; ++frame) {
    const double phase = 2 * std::numbers::pi * static_cast<double>(bin * frame % 2048) / 2048;
    const auto value = static_cast<float>(amplitude * std::sin(phase));
    samples.insert(samples.end(), {1.5f * value, 0.5f * value});
  }
  return samples;
}

/// dB of one bin of the Hann-windowed mono mix about `centre`, by its definition.
double direct(const std::vector<float>& samples, std::ptrdiff_t centre, std::size_t bin) {
  std::complex<double> sum;
  for (std::ptrdiff_t n = 0; n < 2048; ++n) {
    const std::ptrdiff_t frame = centre - 1024 + n;
    if (frame < 0 || frame >= static_cast<std::ptrdiff_t>(kFrames)) continue;
    const auto at = static_cast<std::size_t>(2 * frame);
    const double window =
        0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(n) / 2048);
    const double mono = (double{samples[at]} + samples[at + 1]) / 2;
    sum += window * mono *
           std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(bin) *
                               static_cast<double>(n) / 2048);
  }
  return 20 * std::log10(std::abs(sum) * 4 / 2048);
}

std::vector<int> tileOf(const SpectrumTileRequest& request) {
  const auto tile = spectrumTile(request);
  REQUIRE(tile.ok());
  std::vector<int> bytes;
  for (const std::byte value : tile.value()) bytes.push_back(std::to_integer<int>(value));
  REQUIRE(bytes.size() == 256 * 256);
  return bytes;
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("a sine shows in the row of its frequency at its level, in every column") {
    const TemporaryFolder folder;
    constexpr std::size_t kBin = 200;
    const std::vector<float> samples = sine(kBin, 0.1);
    writeTrack(folder.file("a.f32"), 2, samples);
    const double frequency = kBin * kRate / 2048;
    for (const unsigned level : {0u, 1u, 3u}) {
      CAPTURE(level);
      const std::vector<int> tile = tileOf({folder.file("a.f32"), 2, kRate, level, 0});
      const std::size_t hop = std::size_t{512} << level;
      const std::size_t columns = std::min<std::size_t>(256, (kFrames + hop - 1) / hop);
      for (std::size_t column = 0; column < columns; ++column) {
        CAPTURE(column);
        const auto begin = tile.begin() + static_cast<std::ptrdiff_t>(256 * column);
        const auto loudest = static_cast<std::size_t>(std::max_element(begin, begin + 256) - begin);
        const auto centre = static_cast<std::ptrdiff_t>(column * hop + hop / 2);
        const double expected = (direct(samples, centre, kBin) + 120) / 120 * 255;
        std::size_t row = 0;
        while (frequencyOf(row + 1) <= frequency) ++row;
        CHECK(begin[static_cast<std::ptrdiff_t>(row)] == doctest::Approx(expected).epsilon(0.003));
        if (centre >= 1024 && centre + 1024 <= static_cast<std::ptrdiff_t>(kFrames)) {
          CHECK(loudest == row);
          CHECK(begin[static_cast<std::ptrdiff_t>(row)] == 213);  // -20 dB
        }
      }
      CHECK(std::all_of(tile.begin() + static_cast<std::ptrdiff_t>(256 * columns), tile.end(),
                        [](int value) { return value == 0; }));
    }
  }

  TEST_CASE("the second tile goes on where the first ends, and past the track there is nothing") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 2, noise(2 * kFrames, 12));
    const SpectrumTileRequest request{folder.file("a.f32"), 2, kRate, 0, 1};
    const std::vector<int> second = tileOf(request);
    const std::vector<float> all = readTrack(folder.file("a.f32"), 2);
    // The same frames at the start of a track of their own, after as much as a window sees of them.
    writeTrack(folder.file("b.f32"), 2, {all.begin() + 2 * 512 * 250, all.end()});
    const std::vector<int> shifted = tileOf({folder.file("b.f32"), 2, kRate, 0, 0});
    CHECK(std::equal(second.begin(), second.begin() + 256 * 40, shifted.begin() + 256 * 6));
    CHECK(*std::max_element(second.begin(), second.begin() + 256 * 45) > 0);
    CHECK(*std::max_element(second.begin() + 256 * 45, second.end()) == 0);
    for (const std::size_t index : {std::size_t{2}, ~std::size_t{0}}) {
      const std::vector<int> none = tileOf({folder.file("a.f32"), 2, kRate, 0, index});
      CHECK(*std::max_element(none.begin(), none.end()) == 0);
    }
  }

  TEST_CASE("what is no spectrogram is refused") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 2, noise(2000, 12));
    const auto code = [](const SpectrumTileRequest& request) {
      return spectrumTile(request).error().code;
    };
    CHECK(code({folder.file("a.f32"), 2, 0, 0, 0}) == ErrorCode::kInvalidArgument);
    CHECK(code({folder.file("a.f32"), 2, NAN, 0, 0}) == ErrorCode::kInvalidArgument);
    CHECK(code({folder.file("a.f32"), 2, kRate, 21, 0}) == ErrorCode::kInvalidArgument);
    CHECK(code({folder.file("none.f32"), 2, kRate, 0, 0}) == ErrorCode::kInput);
  }
}
