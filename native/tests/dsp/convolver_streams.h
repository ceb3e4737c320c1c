#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <utility>
#include <vector>

#include "dsp/convolution/convolver.h"
#include "tests/dsp/exact_convolution.h"
#include "tests/dsp/noise.h"

/// Streams of random blocks through a convolver, and how far what comes out is off.
namespace stemwright::testing {

/// dB, of what a convolution may be off.
constexpr double kBound = -120;

/// [channel][frame]
using Channels = std::vector<std::vector<float>>;

inline std::vector<std::span<const float>> views(const Channels& channels) {
  return {channels.begin(), channels.end()};
}

inline std::unique_ptr<dsp::Convolver> make(const Channels& response,
                                            const dsp::ConvolverOptions& options,
                                            const kernels::Kernels& level = kernels::kernels()) {
  auto made = dsp::Convolver::create(views(response), options, level);
  if (!made.ok()) FAIL(made.error().message);
  return std::move(made).value();
}

/// Sizes of the blocks in which a stream comes.
using BlockSizes = std::function<std::size_t()>;

inline BlockSizes randomSizes(unsigned seed) {
  return [random = std::mt19937(seed)]() mutable {
    // Short blocks as often as long ones.
    const std::size_t most = std::size_t{1} << (random() % 14);
    return 1 + random() % most;
  };
}

inline BlockSizes allOf(std::size_t size) {
  return [size] { return size; };
}

/// Everything that comes out, latency taken off: as long as the signal and the response together.
inline Channels render(dsp::Convolver& convolver, const Channels& signal, std::size_t taps,
                       const BlockSizes& nextSize, bool settles = false) {
  const std::size_t frames = signal[0].size() + taps - 1;
  const std::size_t latency = convolver.latency();
  Channels in(convolver.inputs()), out(convolver.outputs());
  for (std::size_t c = 0; c < in.size(); ++c) {
    in[c] = signal[c];
    in[c].resize(frames + latency);
  }
  for (auto& channel : out) channel.resize(frames + latency);
  for (std::size_t done = 0; done < frames + latency;) {
    const std::size_t count = std::min(nextSize(), frames + latency - done);
    std::array<const float*, 2> from{};
    std::array<float*, 2> to{};
    for (std::size_t c = 0; c < in.size(); ++c) from[c] = in[c].data() + done;
    for (std::size_t c = 0; c < out.size(); ++c) to[c] = out[c].data() + done;
    convolver.process(from.data(), to.data(), count);
    if (settles) convolver.settle();
    done += count;
  }
  for (auto& channel : out) {
    channel.erase(channel.begin(), channel.begin() + static_cast<std::ptrdiff_t>(latency));
  }
  return out;
}

/// Of some samples, against the convolution in double: dB of the loudest.
inline double errorOf(const Channels& out, const Channels& signal, const Channels& response) {
  const auto isTrue = response.size() == 4;
  ErrorLevel level;
  for (std::size_t o = 0; o < out.size(); ++o) {
    for (std::size_t n : somePositions(out[o].size(), 600, 5)) {
      double expected = 0;
      if (isTrue) {
        expected = convolvedAt(signal[0], response[o], n) +
                   convolvedAt(signal[signal.size() - 1], response[2 + o], n);
      } else {
        expected = convolvedAt(signal[std::min(o, signal.size() - 1)],
                               response[std::min(o, response.size() - 1)], n);
      }
      level.add(out[o][n], expected);
    }
  }
  return level.db();
}

inline Channels makeNoise(std::size_t channels, std::size_t count, unsigned seed) {
  Channels result;
  for (unsigned c = 0; c < channels; ++c) result.push_back(noise(count, seed + c));
  return result;
}

}  // namespace stemwright::testing
