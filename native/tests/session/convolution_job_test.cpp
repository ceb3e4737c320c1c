#include "session/convolution_job.h"

#include <doctest/doctest.h>

#include <cmath>
#include <optional>

#include "session/response.h"
#include "tests/dsp/exact_convolution.h"
#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

namespace stemwright {

using dsp::ConvolutionMode;
using session::ConvolutionRequest;

namespace {

std::vector<float> channelOf(const std::vector<float>& interleaved, std::size_t channels,
                             std::size_t channel) {
  std::vector<float> samples;
  for (std::size_t i = channel; i < interleaved.size(); i += channels) {
    samples.push_back(interleaved[i]);
  }
  return samples;
}

struct Job {
  TemporaryFolder folder;
  ConvolutionRequest request;
  std::vector<float> in, response;

  Job(std::size_t frames, std::size_t channels, std::size_t taps, std::size_t responses)
      : in(noise(frames * channels, 1)), response(noise(taps * responses, 2)) {
    request.input = folder.file("in.f32");
    request.channels = channels;
    request.response = folder.file("ir.f32");
    request.responseChannels = responses;
    request.output = folder.file("out.f32");
    writeTrack(request.input, channels, in);
    writeTrack(request.response, responses, response);
  }

  core::Status run() {
    return session::convolveTrack(request, core::CancelFlag{}, [](const auto&) {});
  }

  /// Against the sum in double, at some frames.
  double error() const {
    const std::size_t channels = request.outputChannels();
    const auto out = readTrack(request.output, channels);
    const std::size_t inputs = request.channels, responses = request.responseChannels;
    testing::ErrorLevel level;
    for (std::size_t o = 0; o < channels; ++o) {
      const auto got = channelOf(out, channels, o);
      CHECK(got.size() == in.size() / inputs + response.size() / responses - 1);
      const auto dry = channelOf(in, inputs, std::min(o, inputs - 1));
      for (std::size_t n : testing::somePositions(got.size(), 300, 4)) {
        double wet = 0;
        if (responses == 4) {
          wet = testing::convolvedAt(channelOf(in, inputs, 0), channelOf(response, 4, o), n) +
                testing::convolvedAt(channelOf(in, inputs, inputs - 1),
                                     channelOf(response, 4, 2 + o), n);
        } else {
          wet = testing::convolvedAt(dry,
                                     channelOf(response, responses, std::min(o, responses - 1)), n);
        }
        const double direct = n < dry.size() ? static_cast<double>(dry[n]) : 0;
        level.add(static_cast<double>(got[n]), request.wet * wet + request.dry * direct);
      }
    }
    return level.db();
  }
};

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("a track is convolved in every mode, wet and dry, past its end") {
    for (auto mode : {ConvolutionMode::kDirect, ConvolutionMode::kFft, ConvolutionMode::kUniform,
                      ConvolutionMode::kPartitioned, ConvolutionMode::kAuto}) {
      Job job(70'000, 1, 3000, 1);
      job.request.mode = mode;
      job.request.wet = 0.5;
      job.request.dry = 0.25;
      REQUIRE(job.run().ok());
      CHECK(job.error() < -120);
    }
  }

  TEST_CASE("a track's channels meet those of the response") {
    for (std::size_t channels : {1u, 2u}) {
      for (std::size_t responses : {1u, 2u, 4u}) {
        Job job(5000, channels, 2000, responses);
        REQUIRE(job.run().ok());
        CHECK(job.request.outputChannels() == (channels * responses == 1 ? 1 : 2));
        CHECK(job.error() < -120);
      }
    }
  }

  TEST_CASE("a convolution runs as a job, tells how far it is, and can be cancelled") {
    Job job(200'000, 2, 1000, 2);
    std::vector<double> fractions;
    std::optional<core::Result<session::JobResult>> outcome;
    auto plan = session::planConvolution(job.request);
    REQUIRE(plan.ok());
    CHECK(plan.value().range.second == 200'999);
    auto started = session::SeparationJob::start(
        std::move(plan).value(),
        {[&](const session::JobProgress& p) { fractions.push_back(p.fraction); },
         [&](const core::Result<session::JobResult>& end) { outcome = end; }});
    REQUIRE(started.ok());
    started.value()->join();
    REQUIRE(outcome);
    CHECK(outcome->ok());
    REQUIRE(fractions.size() == 4);
    CHECK(fractions.back() == 1);
    CHECK(job.error() < -120);

    core::CancelFlag cancel;
    cancel.request();
    const auto status = session::convolveTrack(job.request, cancel, [](const auto&) {});
    CHECK(status.error().code == core::ErrorCode::kCancelled);
  }

  TEST_CASE("what cannot be convolved says so") {
    using core::ErrorCode;
    Job job(100, 1, 10, 1);
    job.request.blockSize = 100;
    CHECK(job.run().error().code == ErrorCode::kInvalidArgument);
    job.request.blockSize = 512;
    writeTrack(job.request.response, 1, {});
    CHECK(job.run().error().code == ErrorCode::kInput);
    job.request.response = job.folder.file("missing.f32");
    CHECK(job.run().error().code == ErrorCode::kInput);
    CHECK(session::planConvolution(job.request).error().code == ErrorCode::kInput);
    writeTrack(job.request.input, 1, {});
    CHECK(job.run().error().code == ErrorCode::kInput);
  }

  TEST_CASE("normalising a response takes the gain that undoes its own") {
    TemporaryFolder folder;
    const std::string path = folder.file("ir.f32");
    writeTrack(path, 2, {0.1f, 0.1f});
    const auto gain = session::responseGain(path, 2, 48'000);
    REQUIRE(gain.ok());
    CHECK(gain.value() == doctest::Approx(10).epsilon(1e-3));
  }
}

}  // namespace stemwright
