#pragma once

#include <functional>
#include <vector>

#include "core/cancel.h"

namespace stemwright::bench {

/// Repeated timings of one piece of work, in seconds.
struct Timing {
  double median = 0;
  double low = 0;  ///< 95 % interval of the median, from order statistics
  double high = 0;
  unsigned runs = 0;
};

/// Median and its interval. @param times at least one
Timing summarise(std::vector<double> times);

/// Runs `work` once to warm up, then until the interval lies within 2 % of the median or two
/// seconds are up, but at least five times. Stops early when cancelled.
Timing measure(const std::function<void()>& work, const core::CancelFlag& cancel);

}  // namespace stemwright::bench
