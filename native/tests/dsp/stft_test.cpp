#include "dsp/stft.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "dsp/window.h"
#include "tests/dsp/noise.h"
#include "tests/support/safetensors.h"

using namespace stemwright;
using dsp::Stft;
using testing::noise;
using testing::relativeRms;

namespace {

Stft make(dsp::StftOptions options) {
  return Stft::create(std::move(options)).value();
}

std::vector<float> forward(const Stft& stft, std::span<const float> x) {
  core::AlignedBuffer<float> scratch(stft.scratchSize());
  std::vector<float> spectra(stft.frames(x.size()) * stft.bins() * 2);
  REQUIRE(stft.forward(x, spectra.data(), scratch.data()).ok());
  return spectra;
}

core::Status inverse(const Stft& stft, const std::vector<float>& spectra, std::span<float> y) {
  core::AlignedBuffer<float> scratch(stft.scratchSize());
  return stft.inverse(spectra.data(), spectra.size() / (2 * stft.bins()), y, scratch.data());
}

/// torch.istft by its definition, in double precision; no centring.
std::vector<double> referenceInverse(const Stft& stft, const std::vector<float>& spectra) {
  const std::size_t n = stft.nFft();
  const std::size_t frames = spectra.size() / (2 * stft.bins());
  std::vector<double> sum(n + (frames - 1) * stft.hop());
  std::vector<double> weights(sum.size());
  for (std::size_t frame = 0; frame < frames; ++frame) {
    const float* bins = spectra.data() + frame * 2 * stft.bins();
    for (std::size_t i = 0; i < n; ++i) {
      double value = bins[0] + (i % 2 == 0 ? 1.0 : -1.0) * bins[n];
      for (std::size_t k = 1; k < n / 2; ++k) {
        const double angle =
            2 * std::numbers::pi * static_cast<double>(k * i % n) / static_cast<double>(n);
        value += 2 * (bins[2 * k] * std::cos(angle) - bins[2 * k + 1] * std::sin(angle));
      }
      const double weight = stft.window()[i];
      sum[frame * stft.hop() + i] += value / static_cast<double>(n) * weight;
      weights[frame * stft.hop() + i] += weight * weight;
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] /= weights[i];
  return sum;
}

}  // namespace

TEST_SUITE("dsp") {
  TEST_CASE("the STFT equals torch.stft") {
    const testing::Fixture fixture("stft.safetensors");
    const testing::FixtureTensor& input = fixture["input"];
    const std::size_t samples = input.shape[1];
    for (std::size_t n : {512, 4096}) {
      for (std::size_t overlap : {2, 4, 8}) {
        const std::string name = "stft_" + std::to_string(n) + "_" + std::to_string(overlap);
        CAPTURE(name);
        const testing::FixtureTensor& expected = fixture[name];
        const Stft stft = make({.nFft = n, .hop = n / overlap});
        const std::size_t frames = expected.shape[2];
        REQUIRE(stft.frames(samples) == frames);
        std::vector<float> actual;
        for (std::size_t channel = 0; channel < 2; ++channel) {
          const std::vector<float> spectra =
              forward(stft, input.span().subspan(channel * samples, samples));
          // The fixture holds [bin, frame], every third bin.
          for (std::size_t bin = 0; bin < stft.bins(); bin += 3) {
            for (std::size_t frame = 0; frame < frames; ++frame) {
              const float* pair = spectra.data() + (frame * stft.bins() + bin) * 2;
              actual.insert(actual.end(), pair, pair + 2);
            }
          }
        }
        CHECK(relativeRms(actual, expected.span()) < 1e-6);
      }
    }
  }

  TEST_CASE("the inverse restores the signal") {
    const std::vector<float> x = noise(5000, 1);
    for (bool normalized : {false, true}) {
      for (std::size_t hop : {64, 100, 128, 256}) {
        CAPTURE(hop);
        const Stft stft = make({.nFft = 512, .hop = hop, .normalized = normalized});
        std::vector<float> y(stft.samples(stft.frames(x.size())));
        REQUIRE(inverse(stft, forward(stft, x), y).ok());
        CHECK(y.size() <= x.size());
        CHECK(relativeRms(y, std::span(x).first(y.size())) < 1e-6);
      }
    }
  }

  TEST_CASE("the inverse gives the length asked for: cut short, or with zeros behind") {
    const Stft stft = make({.nFft = 256, .hop = 64});
    const std::vector<float> x = noise(1000, 2);
    const std::vector<float> spectra = forward(stft, x);
    std::vector<float> cut(333);
    REQUIRE(inverse(stft, spectra, cut).ok());
    CHECK(relativeRms(cut, std::span(x).first(333)) < 1e-6);

    // As PyTorch: the last frame reaches half its length past the last centre; then zeros follow.
    const std::size_t covered = stft.samples(stft.frames(x.size())) + 128;
    std::vector<float> padded(1400, 9.0f);
    REQUIRE(inverse(stft, spectra, padded).ok());
    CHECK(relativeRms(std::span(padded).first(x.size()), x) < 1e-6);
    CHECK(padded[covered - 1] != 0.0f);
    for (std::size_t i = covered; i < padded.size(); ++i) REQUIRE(padded[i] == 0.0f);
  }

  TEST_CASE("the inverse of spectra that belong to no signal equals torch.istft's definition") {
    for (std::size_t hop : {16, 20, 32}) {
      CAPTURE(hop);
      dsp::StftOptions options{.nFft = 64, .hop = hop, .centre = false};
      options.window = dsp::hammingWindow(64);
      const Stft stft = make(options);
      const std::vector<float> spectra = noise(7 * 2 * stft.bins(), 3);
      const std::vector<double> reference = referenceInverse(stft, spectra);
      const std::vector<float> expected(reference.begin(), reference.end());
      std::vector<float> y(stft.samples(7));
      REQUIRE(y.size() == expected.size());
      REQUIRE(inverse(stft, spectra, y).ok());
      CHECK(relativeRms(y, expected) < 1e-6);

      // Centred, it is the same signal without its first and last half frame.
      options.centre = true;
      const Stft centred = make(options);
      std::vector<float> inner(centred.samples(7));
      REQUIRE(inner.size() == y.size() - 64);
      REQUIRE(inverse(centred, spectra, inner).ok());
      CHECK(relativeRms(inner, std::span(y).subspan(32, inner.size())) < 1e-6);
    }
  }

  TEST_CASE("frames one by one, in batches and in place are the same") {
    const Stft stft = make({.nFft = 512, .hop = 128, .centre = false, .normalized = true});
    const std::vector<float> x = noise(512 + 40 * 128, 4);
    const std::vector<float> whole = forward(stft, x);
    core::AlignedBuffer<float> scratch(stft.scratchSize());
    const std::size_t row = 2 * stft.bins();
    std::vector<float> batch(41 * row);
    std::vector<float> single(41 * row);
    std::vector<float> back(41 * 600);
    stft.analyzeFrames(x.data(), 41, batch.data(), scratch.data());
    stft.synthesizeFrames(batch.data(), 41, back.data(), 600, scratch.data());
    for (std::size_t frame = 0; frame < 41; ++frame) {
      float* bins = single.data() + frame * row;
      std::copy_n(x.data() + frame * 128, 512, bins);
      stft.analyzeFrame(bins, bins, scratch.data());
      REQUIRE(std::equal(bins, bins + row, batch.data() + frame * row));
      stft.synthesizeFrame(bins, bins, scratch.data());
      REQUIRE(std::equal(bins, bins + 512, back.data() + frame * 600));
      for (std::size_t i = 0; i < 512; ++i) {
        const float expected = x[frame * 128 + i] * stft.window()[i] * stft.window()[i];
        REQUIRE(bins[i] == doctest::Approx(expected).epsilon(1e-5));
      }
    }
    CHECK(batch == whole);
  }

  TEST_CASE("normalized divides by the square root of the size") {
    const std::vector<float> x = noise(2000, 5);
    const std::vector<float> plain = forward(make({.nFft = 256, .hop = 64}), x);
    std::vector<float> normalized = forward(make({.nFft = 256, .hop = 64, .normalized = true}), x);
    for (float& value : normalized) value *= 16;
    CHECK(relativeRms(normalized, plain) < 1e-6);
  }

  TEST_CASE("a window that leaves samples uncovered is an error, as in PyTorch") {
    const Stft stft = make({.nFft = 64, .hop = 64, .centre = false});
    const std::vector<float> spectra = noise(3 * 2 * stft.bins(), 6);
    std::vector<float> y(stft.samples(3));
    const core::Status status = inverse(stft, spectra, y);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().message.find("sample 0 ") != std::string::npos);
  }

  TEST_CASE("misuse of the STFT is refused") {
    CHECK_FALSE(Stft::create({.nFft = 14, .hop = 7}).ok());
    CHECK_FALSE(Stft::create({.nFft = 64, .hop = 0}).ok());
    CHECK_FALSE(Stft::create({.nFft = 64, .hop = 65}).ok());
    CHECK_FALSE(Stft::create({.nFft = 64, .hop = 16, .window = std::vector<float>(63)}).ok());

    const Stft stft = make({.nFft = 64, .hop = 16});
    core::AlignedBuffer<float> scratch(stft.scratchSize());
    std::vector<float> spectra(10 * 2 * stft.bins());
    // Reflection needs one sample more than half a frame.
    CHECK(stft.frames(32) == 0);
    CHECK_FALSE(stft.forward(noise(32, 7), spectra.data(), scratch.data()).ok());
    CHECK(stft.frames(33) == 3);
    CHECK(stft.forward(noise(33, 7), spectra.data(), scratch.data()).ok());
  }

  TEST_CASE("reflect padding mirrors around both ends without repeating them") {
    const std::vector<float> x = {1, 2, 3, 4};
    std::vector<float> out(9);
    REQUIRE(dsp::reflectPad(x, 3, 2, out).ok());
    CHECK(out == std::vector<float>{4, 3, 2, 1, 2, 3, 4, 3, 2});
    REQUIRE(dsp::reflectPad(x, 0, 3, std::span(out).first(7)).ok());
    CHECK(out[6] == 1);
    CHECK_FALSE(dsp::reflectPad(x, 4, 1, out).ok());
    CHECK_FALSE(dsp::reflectPad(x, 1, 4, out).ok());
    CHECK_FALSE(dsp::reflectPad(x, 1, 1, out).ok());
  }

  TEST_CASE("windows have their textbook values") {
    using dsp::WindowSymmetry;
    const std::vector<float> hann = dsp::hannWindow(4);
    CHECK(hann == std::vector<float>{0, 0.5f, 1, 0.5f});
    const std::vector<float> symmetric = dsp::hannWindow(5, WindowSymmetry::kSymmetric);
    CHECK(symmetric[2] == 1.0f);
    CHECK(symmetric[1] == symmetric[3]);
    CHECK(symmetric[4] == 0.0f);
    CHECK(dsp::hammingWindow(8)[0] == doctest::Approx(0.08));
    CHECK(dsp::hammingWindow(8)[4] == doctest::Approx(1.0));
    CHECK(dsp::blackmanWindow(8)[0] == doctest::Approx(0.0));
    CHECK(dsp::blackmanWindow(8)[2] == doctest::Approx(0.34));
    CHECK(dsp::hannWindow(1) == std::vector<float>{1});
    CHECK(dsp::hannWindow(0).empty());
  }
}
