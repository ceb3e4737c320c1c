#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <vector>

#include "dsp/convolution/convolver.h"

namespace stemwright::dsp {
namespace {

using Clock = std::chrono::steady_clock;

/// The least of a few runs over an input four times as long as the response.
Clock::duration timeOf(ConvolutionMode mode, std::size_t taps) {
  const std::vector<float> response(taps, 1.0f / static_cast<float>(taps));
  const std::span<const float> channel = response;
  ConvolverOptions options;
  options.mode = mode;
  options.channels = 1;
  const auto convolver = Convolver::create({&channel, 1}, options);
  if (!convolver) return Clock::duration::max();
  std::vector<float> x(4 * taps, 0.25f);
  Clock::duration best = Clock::duration::max();
  constexpr int kRuns = 3;
  for (int run = 0; run < kRuns; ++run) {
    const float* in = x.data();
    float* out = x.data();
    const auto start = Clock::now();
    convolver.value()->process(&in, &out, x.size());
    best = std::min(best, Clock::now() - start);
    std::fill(x.begin(), x.end(), 0.25f);
  }
  return best;
}

ConvolutionRule measure() {
  constexpr std::size_t kFewest = 64;
  constexpr std::size_t kMost = 16'384;
  for (std::size_t taps = kFewest; taps <= kMost; taps *= 2) {
    if (timeOf(ConvolutionMode::kFft, taps) < timeOf(ConvolutionMode::kDirect, taps)) {
      return {taps, 0.0};
    }
  }
  return {2 * kMost, 0.0};
}

}  // namespace

const ConvolutionRule& measuredRule() {
  static const ConvolutionRule rule = measure();
  return rule;
}

}  // namespace stemwright::dsp
