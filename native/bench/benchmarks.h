#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"

namespace stemwright::bench {

/// One figure of a benchmark.
struct Entry {
  std::string name;
  std::string unit;
  double median = 0;
  double low = 0;  ///< 95 % interval of the median; the figure itself where nothing varies
  double high = 0;
  /// Of one run, of all threads; none where they are not counted.
  std::optional<std::size_t> allocations = std::nullopt;
};

struct Benchmark {
  std::string name;
  std::function<core::Result<std::vector<Entry>>(unsigned threads, const core::CancelFlag&)> run;
};

/// Everything that can be measured, in the order in which it is shown.
const std::vector<Benchmark>& benchmarks();

}  // namespace stemwright::bench
