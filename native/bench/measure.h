#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/benchmarks.h"
#include "core/cancel.h"

namespace stemwright::bench {

/// Repeated timings of one piece of work, in seconds.
struct Timing {
  double median = 0;
  double low = 0;  ///< 95 % interval of the median, from order statistics
  double high = 0;
  unsigned runs = 0;
  /// Of one run, rounded up; none where the program cannot count them.
  std::optional<std::size_t> allocations = std::nullopt;
};

/// Median and its interval. @param times at least one
Timing summarise(std::vector<double> times);

/// Runs `work` twice to warm up, then in batches of at least 0.2 ms, until the interval lies within
/// 2 % of the median or two seconds are up, but at least five times. Stops early when cancelled.
Timing measure(const std::function<void()>& work, const core::CancelFlag& cancel);

/// Timings of the same rounds.
struct Pair {
  Timing first;
  Timing second;
};

/// As measure(), two pieces of work in turn, so that whatever else the machine does meets both: for
/// `seconds` and at least 15 rounds.
Pair measureInTurn(const std::function<void()>& first, const std::function<void()>& second,
                   double seconds, const core::CancelFlag& cancel);

/// The timing times `scale`, under a name.
inline Entry entryOf(std::string name, std::string unit, const Timing& timing, double scale) {
  return {std::move(name),    std::move(unit),     scale * timing.median,
          scale * timing.low, scale * timing.high, timing.allocations};
}

/// `work` over the timing: more is better.
inline Entry rateOf(std::string name, std::string unit, const Timing& timing, double work) {
  return {std::move(name),    std::move(unit),   work / timing.median,
          work / timing.high, work / timing.low, timing.allocations};
}

/// A figure that does not vary.
inline Entry fixedEntry(std::string name, std::string unit, double value) {
  return {std::move(name), std::move(unit), value, value, value};
}

}  // namespace stemwright::bench
