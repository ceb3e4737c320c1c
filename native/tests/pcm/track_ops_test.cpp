#include "pcm/track_ops.h"

#include <doctest/doctest.h>

#include <cmath>
#include <filesystem>
#include <limits>
#include <vector>

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::CancelFlag;
using stemwright::core::ErrorCode;
using stemwright::pcm::combineTracks;
using stemwright::pcm::measureTracks;
using stemwright::pcm::spreadResidual;

namespace {

const CancelFlag kNeverCancelled;

double decibels(double linear) {
  return 20 * std::log10(linear);
}

}  // namespace

TEST_SUITE("pcm") {
  TEST_CASE("measure counts overs and non-finite samples and finds the peaks") {
    const TemporaryFolder folder;
    const float nan = std::numeric_limits<float>::quiet_NaN();
    writeTrack(folder.file("a.f32"), 2, {0.5f, -1.5f, 1.0f, 1.25f});
    writeTrack(folder.file("b.f32"), 2, {0.0f, nan, -0.25f, 0.0f});
    const auto measured =
        measureTracks({{folder.file("a.f32"), folder.file("b.f32")}, 2, {}}, kNeverCancelled);
    REQUIRE(measured.ok());
    CHECK(measured.value().frames == 2);
    CHECK(measured.value().peaks == std::vector<double>{1.5, 0.25});
    CHECK(measured.value().overs == std::vector<std::uint64_t>{2, 0});
    CHECK(measured.value().nonFinite == std::vector<std::uint64_t>{0, 1});
    CHECK_FALSE(measured.value().referenceRms.has_value());
    CHECK_FALSE(measured.value().nullRms.has_value());
  }

  TEST_CASE("measure takes the RMS of the reference and of what the tracks leave of it") {
    const TemporaryFolder folder;
    const std::size_t samples = 2 * 40000;
    writeTrack(folder.file("mix.f32"), 2, std::vector<float>(samples, 0.75f));
    writeTrack(folder.file("a.f32"), 2, std::vector<float>(samples, 0.5f));
    writeTrack(folder.file("b.f32"), 2, std::vector<float>(samples, 0.125f));
    const auto measured = measureTracks(
        {{folder.file("a.f32"), folder.file("b.f32")}, 2, folder.file("mix.f32")}, kNeverCancelled);
    REQUIRE(measured.ok());
    CHECK(measured.value().referenceRms.value() == doctest::Approx(0.75).epsilon(1e-12));
    CHECK(measured.value().nullRms.value() == doctest::Approx(0.125).epsilon(1e-12));
  }

  TEST_CASE("tracks of different lengths are refused by name") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 1, std::vector<float>(10));
    writeTrack(folder.file("b.f32"), 1, std::vector<float>(11));
    const auto measured =
        measureTracks({{folder.file("a.f32"), folder.file("b.f32")}, 1, {}}, kNeverCancelled);
    REQUIRE_FALSE(measured.ok());
    CHECK(measured.error().code == ErrorCode::kInput);
    CHECK(measured.error().message.find("b.f32 has 11 frames") != std::string::npos);
    CHECK(measureTracks({{}, 1, {}}, kNeverCancelled).error().code == ErrorCode::kInvalidArgument);
  }

  TEST_CASE("combine adds its inputs with their gains") {
    const TemporaryFolder folder;
    const std::vector<float> a = noise(2 * 20000, 5);
    const std::vector<float> b = noise(2 * 20000, 6);
    writeTrack(folder.file("a.f32"), 2, a);
    writeTrack(folder.file("b.f32"), 2, b);
    const auto frames = combineTracks(
        {{{folder.file("a.f32"), 1.0}, {folder.file("b.f32"), -0.5}}, 2, folder.file("c.f32")},
        kNeverCancelled);
    REQUIRE(frames.ok());
    CHECK(frames.value() == 20000);
    std::vector<float> expected(a.size());
    for (std::size_t i = 0; i < a.size(); ++i) {
      expected[i] = static_cast<float>(static_cast<double>(a[i]) - 0.5 * b[i]);
    }
    CHECK(readTrack(folder.file("c.f32"), 2) == expected);
    CHECK(std::filesystem::exists(folder.file("c.peaks")));
  }

  TEST_CASE("combine does not overwrite an input, also under another name") {
    const TemporaryFolder folder;
    const std::vector<float> samples = noise(100, 7);
    writeTrack(folder.file("a.f32"), 1, samples);
    const auto frames =
        combineTracks({{{folder.file("a.f32"), 1.0}}, 1, folder.file("./a.f32")}, kNeverCancelled);
    REQUIRE_FALSE(frames.ok());
    CHECK(frames.error().code == ErrorCode::kInvalidArgument);
    CHECK(readTrack(folder.file("a.f32"), 1) == samples);
  }

  TEST_CASE("after spreading, the stems added in order in float are the mix") {
    for (const std::size_t count : {1u, 2u, 4u, 8u}) {
      CAPTURE(count);
      const TemporaryFolder folder;
      const std::vector<float> mix = noise(2 * 30000, 8, 0.9f);
      writeTrack(folder.file("mix.f32"), 2, mix);
      std::vector<std::string> stems;
      for (std::size_t index = 0; index < count; ++index) {
        stems.push_back(folder.file(std::to_string(index) + ".f32"));
        writeTrack(stems.back(), 2, noise(2 * 30000, static_cast<std::uint32_t>(20 + index), 0.6f));
      }
      const std::vector<float> before = readTrack(stems.front(), 2);
      REQUIRE(spreadResidual({folder.file("mix.f32"), stems, 2}, kNeverCancelled).ok());
      std::vector<float> sum(mix.size(), 0.0f);
      for (const std::string& stem : stems) {
        const std::vector<float> samples = readTrack(stem, 2);
        for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += samples[i];
      }
      double squares = 0;
      for (std::size_t i = 0; i < sum.size(); ++i) squares += std::pow(mix[i] - sum[i], 2);
      const double rms = std::sqrt(squares / static_cast<double>(sum.size()));
      CHECK(decibels(rms + 1e-12) <= -140);

      // Each stem took its equal share.
      double left = mix[0];
      for (std::size_t index = 0; index < count; ++index) {
        left -= noise(1, static_cast<std::uint32_t>(20 + index), 0.6f)[0];
      }
      CHECK(readTrack(stems.front(), 2)[0] - before[0] ==
            doctest::Approx(left / static_cast<double>(count)).epsilon(1e-5));
    }
  }

  TEST_CASE("a pass that was cancelled says so") {
    const TemporaryFolder folder;
    writeTrack(folder.file("a.f32"), 1, noise(100, 9));
    CancelFlag cancel;
    cancel.request();
    CHECK(measureTracks({{folder.file("a.f32")}, 1, {}}, cancel).error().code ==
          ErrorCode::kCancelled);
    CHECK(combineTracks({{{folder.file("a.f32"), 1.0}}, 1, folder.file("c.f32")}, cancel)
              .error()
              .code == ErrorCode::kCancelled);
    CHECK(spreadResidual({folder.file("a.f32"), {folder.file("a.f32")}, 1}, cancel).error().code ==
          ErrorCode::kCancelled);
  }
}
