#include "bench/measure.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <vector>

#include "core/allocation_count.h"

namespace stemwright::bench {
namespace {

constexpr unsigned kFewestRuns = 5;
constexpr unsigned kFewestRounds = 15;
constexpr double kLongest = 2.0;
constexpr double kWanted = 0.02;
constexpr double kShortestBatch = 2e-4;  ///< seconds: the clock's own cost is lost in it
constexpr double kMostRepeats = 1e6;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Work that was warmed up, and how often it runs for one timing.
class Batches {
 public:
  Batches(const std::function<void()>& work, const core::CancelFlag& cancel)
      : work_(work), cancel_(cancel) {
    work_();
    if (cancel_.requested()) return;
    const auto once = std::chrono::steady_clock::now();
    work_();
    const double estimate = std::max(1e-9, secondsSince(once));
    repeats_ = std::clamp(std::ceil(kShortestBatch / estimate), 1.0, kMostRepeats);
  }

  void time() {
    const auto start = std::chrono::steady_clock::now();
    {
      const core::AllocationScope scope(&allocations_);
      for (double i = 0; i < repeats_ && !cancel_.requested(); ++i) work_();
    }
    times_.push_back(secondsSince(start) / repeats_);
  }

  std::size_t count() const { return times_.size(); }

  Timing timing() const {
    if (times_.empty()) return {};
    Timing timing = summarise(times_);
    if (core::canCountAllocations()) {
      const double calls = repeats_ * static_cast<double>(times_.size());
      const auto counted = static_cast<double>(allocations_.load());
      timing.allocations = static_cast<std::size_t>(std::ceil(counted / calls));
    }
    return timing;
  }

 private:
  const std::function<void()>& work_;
  const core::CancelFlag& cancel_;
  double repeats_ = 1;
  std::vector<double> times_;
  core::AllocationCount allocations_{0};
};

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
  Batches batches(work, cancel);
  for (const auto begin = std::chrono::steady_clock::now(); !cancel.requested();) {
    batches.time();
    if (batches.count() < kFewestRuns) continue;
    const Timing timing = batches.timing();
    if (timing.high - timing.low < kWanted * timing.median) break;
    if (secondsSince(begin) > kLongest) break;
  }
  return batches.timing();
}

Pair measureInTurn(const std::function<void()>& first, const std::function<void()>& second,
                   double seconds, const core::CancelFlag& cancel) {
  Batches a(first, cancel), b(second, cancel);
  for (const auto begin = std::chrono::steady_clock::now(); !cancel.requested();) {
    a.time();
    b.time();
    if (a.count() >= kFewestRounds && secondsSince(begin) > seconds) break;
  }
  return {a.timing(), b.timing()};
}

}  // namespace stemwright::bench
