#include "models/segmented_separation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "models/segment_grid.h"
#include "pcm/track.h"
#include "pcm/track_writer.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/support/safetensors.h"
#include "tests/support/tiny_models.h"

namespace stemwright {
namespace {

using models::FrameRange;
using models::SeparationProgress;
using models::SeparationRequest;

/// A song on disk, as a job has it.
struct Song {
  pcm::TrackStats stats;
  std::string path;
};

Song writeSong(const std::string& path, const testing::FixtureTensor& track) {
  const std::size_t frames = track.shape.at(2);
  std::vector<float> interleaved(frames * 2);
  for (std::size_t c = 0; c < 2; ++c) {
    for (std::size_t n = 0; n < frames; ++n) interleaved[2 * n + c] = track.values[c * frames + n];
  }
  auto writer = pcm::TrackWriter::create(path, 2);
  REQUIRE(writer.ok());
  REQUIRE(writer.value().append(std::as_bytes(std::span<const float>(interleaved))).ok());
  auto stats = writer.value().finish();
  REQUIRE(stats.ok());
  return {stats.value(), path};
}

SeparationRequest requestFor(const Song& song, const std::shared_ptr<const models::HTDemucs>& model,
                             const TemporaryFolder& folder) {
  SeparationRequest request;
  request.models = {{model, std::vector<double>(model->config().sources.size(), 1.0)}};
  request.input = song.path;
  request.frames = song.stats.frames;
  request.mean = song.stats.mean;
  request.std = song.stats.deviation;
  for (const std::string& source : model->config().sources) {
    request.outputs.push_back(folder.file(source + ".f32"));
  }
  request.threads = 2;
  return request;
}

/// All stems as Demucs' [sources, channels, frames].
std::vector<float> readStems(const SeparationRequest& request) {
  std::vector<float> all;
  for (const auto& path : request.outputs) {
    auto track = pcm::Track::open(*path, 2);
    REQUIRE(track.ok());
    std::vector<float> interleaved(track.value().frames() * 2);
    REQUIRE(track.value().read(0, interleaved).ok());
    for (std::size_t c = 0; c < 2; ++c) {
      for (std::size_t n = 0; n < interleaved.size() / 2; ++n) {
        all.push_back(interleaved[2 * n + c]);
      }
    }
  }
  return all;
}

std::vector<float> every(const std::vector<float>& x, std::size_t stride) {
  std::vector<float> out;
  for (std::size_t i = 0; i < x.size(); i += stride) out.push_back(x[i]);
  return out;
}

core::Status run(const SeparationRequest& request) {
  const models::SeparationControl control;
  return models::separate(request, control, [](const SeparationProgress&) {});
}

bool isFinished(const SeparationProgress& progress, FrameRange wanted) {
  return std::any_of(progress.finished.begin(), progress.finished.end(), [&](const auto& range) {
    return range.first <= wanted.first && range.second >= wanted.second;
  });
}

}  // namespace

TEST_SUITE("models") {
  TEST_CASE("a whole track comes apart as demucs.api does it") {
    struct Case {
      const char* name;
      models::HTDemucsConfig config;
      std::uint64_t seed;
      std::size_t stride;
    };
    for (const Case& c : {Case{"tiny4", testing::tiny4Config(), testing::kTiny4Seed, 17},
                          Case{"tiny6", testing::tiny6Config(), testing::kTiny6Seed, 29}}) {
      CAPTURE(c.name);
      const testing::Fixture io(std::string(c.name) + "-io.safetensors");
      const TemporaryFolder folder;
      const Song song = writeSong(folder.file("mix.f32"), io["track"]);
      const auto request = requestFor(song, testing::load(c.config, c.seed), folder);
      REQUIRE(run(request).ok());
      const auto& expected = io["track_separated@" + std::to_string(c.stride)];
      CHECK(testing::relativeRms(every(readStems(request), c.stride), expected.span()) < 1e-4);

      SeparationRequest plain = request;  // without the normalisation of the track
      plain.mean = 0;
      plain.std = 1;
      REQUIRE(run(plain).ok());
      const auto& output = io["track_output@" + std::to_string(c.stride)];
      CHECK(testing::relativeRms(every(readStems(plain), c.stride), output.span()) < 1e-4);
    }
  }

  TEST_CASE("segments come from the focus outwards, also when it moves; the result is the same") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    auto request = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    REQUIRE(run(request).ok());
    const std::vector<float> inOrder = readStems(request);
    request.threads = 1;  // each segment is told of before the next one begins

    // Segments of 13230 frames start at 0, 9922, 19844, 29766 and 39688.
    models::SeparationControl control;
    control.focus = 25000;
    std::vector<SeparationProgress> seen;
    const auto onProgress = [&](const SeparationProgress& progress) {
      seen.push_back(progress);
      if (seen.size() == 2) control.focus = 5000;
    };
    REQUIRE(models::separate(request, control, onProgress).ok());
    CHECK(readStems(request) == inOrder);

    REQUIRE(seen.size() == 5);
    CHECK(isFinished(seen[1], {23152, 39688}));
    CHECK_FALSE(isFinished(seen[1], {0, 9922}));
    CHECK(isFinished(seen[2], {0, 9922}));
    CHECK(isFinished(seen[3], {0, 39688}));
    CHECK(seen.back().finished == std::vector<FrameRange>{{0, song.stats.frames}});
    for (std::size_t i = 1; i < seen.size(); ++i) {
      for (const FrameRange& range : seen[i - 1].finished) CHECK(isFinished(seen[i], range));
    }
  }

  TEST_CASE("a segment is told of once it is in the stems, also while the next is computed") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    const auto request = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    REQUIRE(run(request).ok());
    const std::vector<float> whole = readStems(request);

    models::SeparationControl control;
    control.focus = 25000;
    std::vector<SeparationProgress> seen;
    const auto onProgress = [&](const SeparationProgress& progress) {
      seen.push_back(progress);
      control.focus = 5000;
      const std::vector<float> stems = readStems(request);
      for (std::size_t row = 0; row < whole.size(); row += song.stats.frames) {
        for (const FrameRange& range : progress.finished) {
          CHECK(std::equal(whole.begin() + static_cast<std::ptrdiff_t>(row + range.first),
                           whole.begin() + static_cast<std::ptrdiff_t>(row + range.second),
                           stems.begin() + static_cast<std::ptrdiff_t>(row + range.first)));
        }
      }
    };
    REQUIRE(models::separate(request, control, onProgress).ok());
    REQUIRE(seen.size() == 5);
    // The focus moved while the second segment was at work or about to be.
    CHECK(isFinished(seen[3], {0, 19844}));
    CHECK(seen.back().finished == std::vector<FrameRange>{{0, song.stats.frames}});
    CHECK(readStems(request) == whole);
  }

  TEST_CASE("a stem that cannot be written ends the run with its fault, and cancelling ends it") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    auto request = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    models::SeparationControl control;
    std::size_t told = 0;
    const core::Status cut = models::separate(request, control, [&](const SeparationProgress&) {
      ++told;
      std::filesystem::resize_file(folder.file("vocals.f32"), 0);
    });
    CHECK(cut.error().code == core::ErrorCode::kInput);
    CHECK(cut.error().message.find("vocals.f32") != std::string::npos);
    CHECK(told == 1);

    told = 0;
    const core::Status stopped = models::separate(request, control, [&](const SeparationProgress&) {
      ++told;
      control.cancel.request();
    });
    CHECK(stopped.error().code == core::ErrorCode::kCancelled);
    CHECK(told <= 2);
  }

  TEST_CASE("before the focus the nearest segment comes first") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    const auto request = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    models::SeparationControl control;
    control.focus = song.stats.frames;
    std::vector<FrameRange> firsts;
    const auto onProgress = [&](const SeparationProgress& progress) {
      firsts.push_back(progress.finished.empty() ? FrameRange{} : progress.finished.front());
    };
    REQUIRE(models::separate(request, control, onProgress).ok());
    const std::size_t end = song.stats.frames;
    REQUIRE(firsts.size() == 5);
    CHECK(firsts[0] == FrameRange{});  // the last two frames, which the one before covers too
    CHECK(firsts[1] == FrameRange{33074, end});
    CHECK(firsts[2] == FrameRange{23152, end});
    CHECK(firsts[3] == FrameRange{13230, end});
    CHECK(firsts[4] == FrameRange{0, end});
  }

  TEST_CASE("a range comes out as in a whole run, to the bit, and nothing else is written") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    const auto one = testing::load(testing::tiny4Config(), 11);
    const auto two = testing::load(testing::tiny4Config(), 77);
    auto plain = requestFor(song, one, folder);
    auto shiftedBag = plain;
    shiftedBag.models = {{one, {1, 2, 1, 3}}, {two, {2, 1, 1, 1}}};
    shiftedBag.shifts = 2;
    shiftedBag.overlap = 0.6;
    for (SeparationRequest request : {plain, shiftedBag}) {
      request.range.reset();
      REQUIRE(run(request).ok());
      const std::vector<float> whole = readStems(request);
      for (const FrameRange& range : {FrameRange{12000, 12001}, FrameRange{20000, 31000},
                                      FrameRange{0, 4000}, FrameRange{39000, song.stats.frames}}) {
        CAPTURE(range.first);
        request.range = range;
        std::vector<SeparationProgress> seen;
        const models::SeparationControl control;
        REQUIRE(models::separate(request, control, [&](const SeparationProgress& progress) {
                  seen.push_back(progress);
                }).ok());
        CHECK(seen.back().finished == std::vector<FrameRange>{range});
        CHECK(seen.back().segments == seen.size());
        std::vector<float> expected(whole.size(), 0.0f);
        for (std::size_t row = 0; row < whole.size(); row += song.stats.frames) {
          const auto from = static_cast<std::ptrdiff_t>(row + range.first);
          const auto count = static_cast<std::ptrdiff_t>(range.second - range.first);
          std::copy_n(whole.begin() + from, count, expected.begin() + from);
        }
        CHECK(readStems(request) == expected);
      }
    }
    plain.range = FrameRange{12000, 12001};
    std::size_t segments = 0;
    const models::SeparationControl control;
    REQUIRE(models::separate(plain, control, [&](const SeparationProgress& progress) {
              segments = progress.segments;
            }).ok());
    CHECK(segments == 2);
  }

  TEST_CASE("a bag is the weighted average of its models") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    const auto one = testing::load(testing::tiny4Config(), 11);
    const auto two = testing::load(testing::tiny4Config(), 77);
    auto request = requestFor(song, one, folder);
    REQUIRE(run(request).ok());
    const std::vector<float> a = readStems(request);
    request.models[0].model = two;
    REQUIRE(run(request).ok());
    const std::vector<float> b = readStems(request);

    request.models = {{one, {1, 0, 1, 3}}, {two, {0, 1, 1, 1}}};
    REQUIRE(run(request).ok());
    const std::vector<float> bag = readStems(request);
    const double shareOfFirst[] = {1, 0, 0.5, 0.75};
    std::vector<float> expected(bag.size());
    for (std::size_t i = 0; i < bag.size(); ++i) {
      const double share = shareOfFirst[i / (bag.size() / 4)];
      expected[i] = static_cast<float>(share * a[i] + (1 - share) * b[i]);
    }
    CHECK(testing::relativeRms(bag, expected) < 1e-6);
  }

  TEST_CASE("shifted passes differ by seed and repeat with it") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    auto request = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    REQUIRE(run(request).ok());
    const std::vector<float> plain = readStems(request);
    request.shifts = 2;
    request.seed = 4;
    REQUIRE(run(request).ok());
    const std::vector<float> shifted = readStems(request);
    REQUIRE(run(request).ok());
    CHECK(readStems(request) == shifted);
    request.seed = 5;
    REQUIRE(run(request).ok());
    CHECK(readStems(request) != shifted);
    CHECK(testing::relativeRms(shifted, plain) > 1e-3);
    for (float sample : shifted) REQUIRE(std::isfinite(sample));
  }

  TEST_CASE("what makes no sense is refused before anything is written") {
    const testing::Fixture io("tiny4-io.safetensors");
    const TemporaryFolder folder;
    const Song song = writeSong(folder.file("mix.f32"), io["track"]);
    const auto good = requestFor(song, testing::load(testing::tiny4Config(), 11), folder);
    const auto refused = [&](auto&& change) {
      SeparationRequest request = good;
      change(request);
      const core::Status status = run(request);
      CHECK_FALSE(status.ok());
      CHECK_FALSE(std::filesystem::exists(folder.file("vocals.f32")));
    };
    refused([](SeparationRequest& r) { r.overlap = 1; });
    refused([](SeparationRequest& r) { r.overlap = -0.1; });
    refused([](SeparationRequest& r) { r.threads = 0; });
    refused([](SeparationRequest& r) { r.segmentSeconds = 121; });
    refused([](SeparationRequest& r) { r.segmentSeconds = NAN; });
    refused([](SeparationRequest& r) { r.std = NAN; });
    refused([](SeparationRequest& r) { r.models.clear(); });
    refused([](SeparationRequest& r) { r.outputs.pop_back(); });
    refused([](SeparationRequest& r) { r.range = FrameRange{7, 7}; });
    refused([](SeparationRequest& r) { r.range = FrameRange{0, r.frames + 1}; });
    refused([](SeparationRequest& r) { r.frames += 1; });
    refused([](SeparationRequest& r) { r.models[0].weights.pop_back(); });
    refused([](SeparationRequest& r) { r.models[0].weights[2] = 0; });
    refused([](SeparationRequest& r) { r.models[0].weights[2] = NAN; });
  }

  TEST_CASE("shares of overlapping segments add up to one everywhere") {
    for (const double overlap : {0.0, 0.25, 0.5, 0.9}) {
      for (const std::size_t lead : {0u, 7u}) {
        CAPTURE(overlap);
        const std::size_t frames = 1003;
        const models::SegmentGrid grid(frames, 101, overlap, lead);
        std::vector<double> total(frames, 0.0);
        std::vector<float> shares;
        for (std::size_t k = 0; k < grid.segments(); ++k) {
          grid.shares(k, shares);
          for (std::size_t i = 0; i < shares.size(); ++i) {
            const std::ptrdiff_t frame = grid.start(k) + static_cast<std::ptrdiff_t>(i);
            if (frame >= 0) total.at(static_cast<std::size_t>(frame)) += shares[i];
          }
        }
        for (double sum : total) REQUIRE(sum == doctest::Approx(1.0).epsilon(1e-6));
      }
    }
  }
}

}  // namespace stemwright
