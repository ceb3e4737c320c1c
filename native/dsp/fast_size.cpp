#include <algorithm>
#include <bit>
#include <chrono>
#include <limits>
#include <map>
#include <mutex>
#include <vector>

#include "dsp/fft.h"

namespace stemwright::dsp {
namespace {

using Clock = std::chrono::steady_clock;

/// The least of several runs: what other programs add is left out.
double measured(std::size_t n) {
  const auto fft = RealFft::create(n);
  if (!fft) return std::numeric_limits<double>::infinity();
  core::AlignedBuffer<float> in(n), bins(2 * fft.value().bins());
  core::AlignedBuffer<float> scratch(fft.value().scratchSize());
  in.zero();
  constexpr int kRuns = 9;
  constexpr std::size_t kSamplesPerRun = 1 << 16;
  const std::size_t times = std::max<std::size_t>(1, kSamplesPerRun / n);
  Clock::duration best = Clock::duration::max();
  for (int run = 0; run < kRuns; ++run) {
    const auto start = Clock::now();
    for (std::size_t i = 0; i < times; ++i) {
      fft.value().forward(in.data(), bins.data(), scratch.data());
    }
    best = std::min(best, Clock::now() - start);
  }
  return std::chrono::duration<double>(best).count() / static_cast<double>(times);
}

double timeOf(std::size_t n) {
  static std::mutex mutex;
  static std::map<std::size_t, double> known;
  const std::lock_guard lock(mutex);
  const auto found = known.find(n);
  return found != known.end() ? found->second : known.emplace(n, measured(n)).first->second;
}

}  // namespace

std::size_t fastFftSize(std::size_t n) {
  const std::size_t power = std::bit_ceil(std::max<std::size_t>(n, 2));
  std::size_t best = power;
  for (const std::size_t odd : {std::size_t{3}, std::size_t{5}}) {
    const std::size_t size = odd * std::bit_ceil((std::max<std::size_t>(n, 2) + odd - 1) / odd);
    if (size % 2 == 0 && size < power && timeOf(size) < timeOf(best)) best = size;
  }
  return best;
}

}  // namespace stemwright::dsp
