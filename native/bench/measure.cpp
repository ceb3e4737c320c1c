#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

namespace stemwright::bench {
namespace {

constexpr unsigned kFewestRuns = 5;
constexpr double kLongest = 2.0;
constexpr double kWanted = 0.02;
constexpr double kShortestBatch = 2e-4;  ///< seconds: the clock's own cost is lost in it
constexpr double kMostRepeats = 1e6;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

/// Median and its interval: ranks n/2 ∓ 0.98 sqrt(n) of the sorted timings.
Timing summarise(std::vector<double> times) {
  std::sort(times.begin(), times.end());
  const std::size_t count = times.size();
  const double reach = 0.98 * std::sqrt(static_cast<double>(count));
  const double middle = static_cast<double>(count) / 2.0;
  const auto low = static_cast<std::size_t>(std::max(0.0, std::floor(middle - reach)));
  const auto high = std::min(count - 1, static_cast<std::size_t>(std::ceil(middle + reach)));
  const double median = (times[(count - 1) / 2] + times[count / 2]) / 2.0;
  return {median, times[low], times[high], static_cast<unsigned>(count)};
}

Timing measure(const std::function<void()>& work, const core::CancelFlag& cancel) {
  work();
  if (cancel.requested()) return {};
  const auto once = std::chrono::steady_clock::now();
  work();
  const double estimate = std::max(1e-9, secondsSince(once));
  const double repeats = std::clamp(std::ceil(kShortestBatch / estimate), 1.0, kMostRepeats);
  std::vector<double> times;
  Timing timing;
  const auto begin = std::chrono::steady_clock::now();
  while (!cancel.requested()) {
    const auto start = std::chrono::steady_clock::now();
    for (double i = 0; i < repeats && !cancel.requested(); ++i) work();
    times.push_back(secondsSince(start) / repeats);
    if (times.size() < kFewestRuns) continue;
    timing = summarise(times);
    if (timing.high - timing.low < kWanted * timing.median) break;
    if (secondsSince(begin) > kLongest) break;
  }
  return times.empty() ? timing : summarise(times);
}

}  // namespace stemwright::bench
