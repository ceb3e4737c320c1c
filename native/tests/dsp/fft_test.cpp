#include "dsp/fft.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "tests/dsp/noise.h"

using namespace stemwright;
using testing::noise;

namespace {

using Bins = std::vector<std::complex<double>>;

/// The definition of the real DFT, in double precision.
Bins reference(const float* x, std::size_t n) {
  std::vector<std::complex<double>> roots(n);
  for (std::size_t i = 0; i < n; ++i) {
    roots[i] =
        std::polar(1.0, -2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(n));
  }
  Bins bins(n / 2 + 1);
  for (std::size_t k = 0; k < bins.size(); ++k) {
    for (std::size_t i = 0; i < n; ++i) bins[k] += static_cast<double>(x[i]) * roots[i * k % n];
  }
  return bins;
}

/// RMS of the difference over RMS of the expectation.
double error(const float* pairs, const Bins& expected) {
  double difference = 0;
  double power = 0;
  for (std::size_t k = 0; k < expected.size(); ++k) {
    difference += std::norm(std::complex<double>(pairs[2 * k], pairs[2 * k + 1]) - expected[k]);
    power += std::norm(expected[k]);
  }
  return std::sqrt(difference / power);
}

double error(const float* actual, const float* expected, std::size_t count) {
  double difference = 0;
  double power = 0;
  for (std::size_t i = 0; i < count; ++i) {
    difference += std::pow(static_cast<double>(actual[i]) - expected[i], 2);
    power += std::pow(static_cast<double>(expected[i]), 2);
  }
  return std::sqrt(difference / power);
}

dsp::RealFft make(std::size_t n, kernels::Isa isa) {
  return dsp::RealFft::create(n, *kernels::kernelsFor(isa)).value();
}

/// Single precision grows with the square root of the number of passes; this is far below one ulp
/// of a bin per pass and far above nothing.
constexpr double kTolerance = 4e-7;

const std::size_t kSizes[] = {
    2,    4,    6,    8,    10,   12,   16,   18,   20,   24,   30,   32,   36,   40,   48,
    50,   54,   60,   64,   80,   90,   96,   100,  120,  128,  144,  150,  160,  162,  192,
    240,  250,  256,  288,  320,  360,  384,  400,  450,  480,  486,  500,  512,  576,  600,
    640,  720,  768,  800,  900,  960,  972,  1000, 1024, 1152, 1200, 1250, 1280, 1440, 1500,
    1536, 1600, 1920, 2000, 2048, 2400, 2560, 3000, 3072, 3840, 4050, 4096, 4800};

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("the FFT equals the definition of the DFT at every level and size") {
    for (std::size_t n : kSizes) {
      CAPTURE(n);
      const std::vector<float> x = noise(n, static_cast<unsigned>(n));
      const Bins expected = reference(x.data(), n);
      for (kernels::Isa isa : kernels::availableIsas()) {
        CAPTURE(kernels::isaName(isa));
        const dsp::RealFft fft = make(n, isa);
        REQUIRE(fft.size() == n);
        core::AlignedBuffer<float> scratch(fft.scratchSize());
        std::vector<float> bins(2 * fft.bins(), 7.0f);
        fft.forward(x.data(), bins.data(), scratch.data());
        CHECK(error(bins.data(), expected) < kTolerance);
        CHECK(bins[1] == 0.0f);
        CHECK(bins[n + 1] == 0.0f);

        std::vector<float> back(n + 1, 7.0f);
        fft.inverse(bins.data(), back.data(), scratch.data());
        CHECK(error(back.data(), x.data(), n) < kTolerance);
        CHECK(back[n] == 7.0f);
      }
    }
  }

  TEST_CASE("an FFT in steps is the same FFT") {
    for (std::size_t n : {24u, 256u, 1000u, 4096u}) {
      for (kernels::Isa isa : kernels::availableIsas()) {
        const dsp::RealFft fft = make(n, isa);
        const std::vector<float> x = noise(n, 5);
        core::AlignedBuffer<float> scratch(fft.scratchSize());
        std::vector<float> whole(2 * fft.bins()), bins(2 * fft.bins()), back(n), stepped(n);
        fft.forward(x.data(), whole.data(), scratch.data());
        fft.inverse(whole.data(), back.data(), scratch.data());
        for (std::size_t s = 0; s < fft.steps(); ++s) {
          fft.forwardStep(s, x.data(), bins.data(), scratch.data());
        }
        for (std::size_t s = 0; s < fft.steps(); ++s) {
          fft.inverseStep(s, bins.data(), stepped.data(), scratch.data());
        }
        CHECK(bins == whole);
        CHECK(stepped == back);
      }
    }
  }

  TEST_CASE("long FFTs keep their precision") {
    constexpr std::size_t n = 131072;
    std::vector<float> x(n);
    // Two exact cosines: their bins are known without a reference transform.
    for (std::size_t i = 0; i < n; ++i) {
      const double turn = 2 * std::numbers::pi * static_cast<double>(i) / n;
      x[i] = static_cast<float>(std::cos(100 * turn) + 0.5 * std::sin(40001 * turn));
    }
    Bins expected(n / 2 + 1);
    expected[100] = {n / 2.0, 0};
    expected[40001] = {0, -0.25 * n};
    for (kernels::Isa isa : kernels::availableIsas()) {
      CAPTURE(kernels::isaName(isa));
      const dsp::RealFft fft = make(n, isa);
      core::AlignedBuffer<float> scratch(fft.scratchSize());
      std::vector<float> bins(2 * fft.bins());
      fft.forward(x.data(), bins.data(), scratch.data());
      CHECK(error(bins.data(), expected) < kTolerance);
    }
  }

  TEST_CASE("the inverse ignores the imaginary part of the first and last bin") {
    for (std::size_t n : {8, 100, 1024}) {
      CAPTURE(n);
      for (kernels::Isa isa : kernels::availableIsas()) {
        CAPTURE(kernels::isaName(isa));
        const dsp::RealFft fft = make(n, isa);
        core::AlignedBuffer<float> scratch(fft.scratchSize());
        std::vector<float> bins = noise(n + 2, 3);
        std::vector<float> expected(n);
        std::vector<float> actual(n);
        bins[1] = bins[n + 1] = 0;
        fft.inverse(bins.data(), expected.data(), scratch.data());
        bins[1] = 5;
        bins[n + 1] = -3;
        fft.inverse(bins.data(), actual.data(), scratch.data());
        CHECK(actual == expected);
      }
    }
  }

  TEST_CASE("a batch, in place and out of place, equals single transforms bit for bit") {
    constexpr std::size_t count = 19;
    for (std::size_t n : {16, 60, 64, 256, 400, 1024, 4096}) {
      CAPTURE(n);
      for (kernels::Isa isa : kernels::availableIsas()) {
        CAPTURE(kernels::isaName(isa));
        const dsp::RealFft fft = make(n, isa);
        core::AlignedBuffer<float> scratch(fft.scratchSize());
        const std::size_t stride = n + 5;
        const std::vector<float> x = noise(count * stride, 11);
        std::vector<float> single(x.size());
        std::vector<float> batch(x.size());
        std::vector<float> inPlace = x;
        for (std::size_t i = 0; i < count; ++i) {
          fft.forward(x.data() + i * stride, single.data() + i * stride, scratch.data());
        }
        fft.forwardBatch(count, x.data(), stride, batch.data(), stride, scratch.data());
        CHECK(batch == single);
        fft.forwardBatch(count, inPlace.data(), stride, inPlace.data(), stride, scratch.data());
        for (std::size_t i = 0; i < count; ++i) {
          for (std::size_t k = 0; k < n + 2; ++k) {
            REQUIRE(inPlace[i * stride + k] == single[i * stride + k]);
          }
        }

        std::vector<float> back(x.size());
        std::vector<float> backSingle(x.size());
        fft.inverseBatch(count, batch.data(), stride, back.data(), stride, scratch.data());
        for (std::size_t i = 0; i < count; ++i) {
          fft.inverse(single.data() + i * stride, backSingle.data() + i * stride, scratch.data());
        }
        CHECK(back == backSingle);
      }
    }
  }

  TEST_CASE("a batch that threads share equals single transforms bit for bit") {
    constexpr std::size_t n = 1024;
    const dsp::RealFft fft = make(n, kernels::availableIsas().back());
    core::ThreadPool pool(3);
    core::AlignedBuffer<float> scratch(fft.batchScratchSize(pool.size()));
    // Nothing; too few to share; a run for each worker, the last of them shorter; many runs.
    for (std::size_t count : {0, 1, 40, 64, 100, 1000}) {
      CAPTURE(count);
      const std::vector<float> x = noise(count * n, 12);
      std::vector<float> single(count * (n + 2));
      std::vector<float> backSingle(x.size());
      for (std::size_t i = 0; i < count; ++i) {
        float* const bins = single.data() + i * (n + 2);
        fft.forward(x.data() + i * n, bins, scratch.data());
        fft.inverse(bins, backSingle.data() + i * n, scratch.data());
      }
      for (int round = 0; round < 3; ++round) {
        std::vector<float> batch(single.size());
        std::vector<float> back(x.size());
        fft.forwardBatch(count, x.data(), n, batch.data(), n + 2, scratch.data(), pool);
        fft.inverseBatch(count, batch.data(), n + 2, back.data(), n, scratch.data(), pool);
        CHECK(batch == single);
        CHECK(back == backSingle);
      }
    }
  }

  TEST_CASE("unsupported sizes are refused with a reason") {
    for (std::size_t n : {0, 1, 3, 15, 14, 22, 1026, 44100}) {
      CAPTURE(n);
      const auto fft = dsp::RealFft::create(n);
      REQUIRE_FALSE(fft.ok());
      CHECK(fft.error().code == core::ErrorCode::kInvalidArgument);
      CHECK(fft.error().message.find(std::to_string(n)) != std::string::npos);
    }
  }
}
