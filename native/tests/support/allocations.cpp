#include "tests/support/allocations.h"

#include <atomic>

#include "core/allocation_count.h"
#include "core/counting_new.h"

namespace {

std::atomic<std::size_t> count{0};

}  // namespace

void stemwright::allocated() noexcept {
  count.fetch_add(1, std::memory_order_relaxed);
  core::noteAllocation();
}

std::size_t stemwright::testing::allocations() noexcept {
  return count.load(std::memory_order_relaxed);
}
