#include "nn/memory_plan.h"

#include <algorithm>
#include <numeric>

#include "core/aligned.h"

namespace stemwright::nn {

MemoryPlan planMemory(std::span<const Lifetime> values) {
  const auto sizeOf = [&](std::size_t value) {
    return core::paddedCount<float>(values[value].size);
  };
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return values[a].size > values[b].size; });

  MemoryPlan plan{std::vector<std::size_t>(values.size(), 0), 0};
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t value : order) {
    std::size_t offset = 0;
    for (const std::size_t other : placed) {
      const bool livesBeside =
          values[other].first <= values[value].last && values[value].first <= values[other].last;
      if (!livesBeside) continue;
      if (offset + sizeOf(value) <= plan.offsets[other]) break;
      offset = std::max(offset, plan.offsets[other] + sizeOf(other));
    }
    plan.offsets[value] = offset;
    plan.size = std::max(plan.size, offset + sizeOf(value));
    placed.insert(std::upper_bound(placed.begin(), placed.end(), value,
                                   [&](std::size_t a, std::size_t b) {
                                     return plan.offsets[a] < plan.offsets[b];
                                   }),
                  value);
  }
  return plan;
}

}  // namespace stemwright::nn
