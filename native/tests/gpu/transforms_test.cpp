#include "gpu/ops.h"

#include <doctest/doctest.h>

#include <cmath>
#include <complex>
#include <numbers>

#include "dsp/convolution/convolver.h"
#include "dsp/stft.h"
#include "gpu/convolution.h"
#include "tests/gpu/reference.h"

namespace stemwright {
namespace {

using gpu::Binding;
using gpu::Ops;
using gpu::Storage;
using namespace testing;

}  // namespace

TEST_SUITE("gpu") {
  TEST_CASE("transforms of 1 to 16384 points, both ways") {
    for (std::size_t size = 1; size <= 16384; size *= size < 4 ? 2 : size < 256 ? 8 : 2) {
      CAPTURE(size);
      const std::size_t batch = 3;
      const auto x = noiseOf(2 * batch * size, 1);
      const auto fft = valueOf(gpu::Fft::create(*testDevice(), size));
      const Binding y = room(x.size());
      const Binding back = room(x.size());
      const Binding scratch = room(x.size());
      gpu::Recording recording = fft.record(false, 1.0f, batch, put(x), y, scratch);
      recording.append(fft.record(true, 1.0f / static_cast<float>(size), batch, y, back, scratch));
      runOnDevice(recording);
      CHECK(worstError(get(back), x) < 2e-6);
      // Bins of the second signal by the definition.
      const auto spectrum = get(y);
      for (const std::size_t bin : {std::size_t{0}, size / 3, size - 1}) {
        std::complex<double> sum;
        for (std::size_t n = 0; n < size; ++n) {
          const double phase = -2 * std::numbers::pi * static_cast<double>(bin * n % size) /
                               static_cast<double>(size);
          const std::size_t at = 2 * (size + n);
          sum += std::complex<double>(x[at], x[at + 1]) * std::polar(1.0, phase);
        }
        const double unit = std::sqrt(static_cast<double>(size));
        CHECK(std::abs(sum.real() - static_cast<double>(spectrum[2 * (size + bin)])) / unit < 2e-6);
        CHECK(std::abs(sum.imag() - static_cast<double>(spectrum[2 * (size + bin) + 1])) / unit <
              2e-6);
      }
    }
    CHECK_FALSE(gpu::Fft::create(*testDevice(), 24).ok());
    CHECK_FALSE(gpu::Fft::create(*testDevice(), 32768).ok());
  }

  TEST_CASE("STFT and its inverse equal the processor's") {
    for (const std::size_t size : {256ul, 1024ul, 4096ul}) {
      CAPTURE(size);
      const std::size_t hop = size / 4;
      const std::size_t samples = 3 * size + 17;
      const auto x = noiseOf(samples, 1);
      auto stft = valueOf(dsp::Stft::create({.nFft = size, .hop = hop}, scalar()));
      const std::size_t frames = stft.frames(samples);
      const std::size_t bins = stft.bins();
      std::vector<float> expected(frames * bins * 2);
      core::AlignedBuffer<float> scratch(stft.scratchSize());
      testing::require(stft.forward(x, expected.data(), scratch.data()));

      const auto fft = valueOf(gpu::Fft::create(*testDevice(), size));
      const Ops ops(*testDevice(), Storage::kFloat);
      const std::vector<float> window(stft.window().begin(), stft.window().end());
      const Binding spectra = room(expected.size());
      gpu::StftArgs forward;
      forward.size = static_cast<std::uint32_t>(size);
      forward.hop = static_cast<std::uint32_t>(hop);
      forward.frames = static_cast<std::uint32_t>(frames);
      forward.signals = 1;
      forward.samples = static_cast<std::uint32_t>(samples);
      forward.sampleStride = 1;
      forward.left = static_cast<std::uint32_t>(size / 2);
      forward.bins = static_cast<std::uint32_t>(bins);
      forward.binStride = 1;
      forward.frameStride = static_cast<std::uint32_t>(bins);
      forward.twiddleStride = 1;
      runOnDevice(ops.stft("stft", put(x), fft.twiddles(), put(window), spectra, forward));
      CHECK(worstError(get(spectra), expected) < 2e-6);

      // Back: a window scaled by the sum of its squares, 1.5 at fourfold overlap.
      std::vector<float> scaled = window;
      for (float& value : scaled) value /= 1.5f;
      gpu::IstftArgs inverse;
      inverse.size = forward.size;
      inverse.frames = forward.frames;
      inverse.signals = 1;
      inverse.bins = forward.bins;
      inverse.binStride = 1;
      inverse.frameStride = forward.frameStride;
      inverse.twiddleStride = 1;
      const Binding pieces = room(frames * size);
      gpu::OverlapAddArgs add;
      add.size = forward.size;
      add.hop = forward.hop;
      add.frames = forward.frames;
      add.signals = 1;
      add.channels = 1;
      add.samples = forward.samples;
      add.lead = forward.left;
      add.hasFrames = 1;
      const Binding restored = room(samples);
      gpu::Recording recording;
      recording.add(ops.istft("istft", spectra, fft.twiddles(), put(scaled), {}, pieces, inverse));
      recording.add(ops.overlapAdd("overlap", pieces, {}, {}, restored, add));
      runOnDevice(recording);
      // The ends lack frames; between them every sample comes back.
      const auto y = get(restored);
      const auto middle = [&](const std::vector<float>& v) {
        return std::vector<float>(v.begin() + static_cast<std::ptrdiff_t>(size / 2),
                                  v.end() - static_cast<std::ptrdiff_t>(size));
      };
      CHECK(worstError(middle(y), middle(x)) < 2e-6);
    }
  }

  TEST_CASE("a long response is convolved as the sum says, in any layout of channels") {
    struct Case {
      std::size_t channels, responses, taps;
    };
    constexpr std::size_t kFrames = 2 * gpu::Convolution::kBlock;
    for (const Case& c :
         {Case{1, 1, 1}, Case{2, 1, 1025}, Case{1, 2, 1024}, Case{2, 2, 3001}, Case{2, 4, 2500}}) {
      CAPTURE(c.responses);
      CAPTURE(c.taps);
      std::vector<std::vector<float>> taps;
      std::vector<std::span<const float>> response;
      for (std::uint32_t r = 0; r < c.responses; ++r) taps.push_back(noiseOf(c.taps, r + 10));
      for (const auto& channel : taps) response.push_back(channel);
      const auto convolution =
          valueOf(gpu::Convolution::create(*testDevice(), response, c.channels, kFrames));
      dsp::ConvolverOptions options;
      options.mode = dsp::ConvolutionMode::kDirect;
      options.channels = c.channels;
      const auto reference = valueOf(dsp::Convolver::create(response, options, scalar()));
      REQUIRE(convolution->outputs() == reference->outputs());
      for (int round = 0; round < 3; ++round) {
        if (round == 2) {
          convolution->reset();
          reference->reset();
        }
        const auto in = noiseOf(c.channels * kFrames, static_cast<std::uint32_t>(round + 1));
        std::vector<float> out(convolution->outputs() * kFrames, NAN);
        std::vector<float> expected(out.size());
        testing::require(convolution->process(in, out));
        const float* from[2] = {in.data(), in.data() + (c.channels - 1) * kFrames};
        float* to[2] = {expected.data(), expected.data() + (convolution->outputs() - 1) * kFrames};
        reference->process(from, to, kFrames);
        CHECK(worstError(out, expected) < 2e-6);
      }
    }
    const std::vector<float> one(10, 1.0f);
    const std::span<const float> three[] = {one, one, one};
    CHECK_FALSE(gpu::Convolution::create(*testDevice(), three, 2, kFrames).ok());
    CHECK_FALSE(gpu::Convolution::create(*testDevice(), std::span(three).first(1), 2, 100).ok());
  }
}

}  // namespace stemwright
