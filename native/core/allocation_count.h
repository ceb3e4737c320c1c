#pragma once

#include <atomic>
#include <cstddef>

namespace stemwright::core {

/// Calls of operator new, where the program's own notes them (see counting_new.h).
using AllocationCount = std::atomic<std::size_t>;

/// Where this thread's allocations are counted now; null: nowhere.
AllocationCount* allocationCount() noexcept;

/// Adds one. [thread-safe] [audio-thread safe]
void noteAllocation() noexcept;

/// Whether this program's operator new notes what it is asked for.
bool canCountAllocations();

/// Counts this thread's allocations, and those of a pool's workers while they share its loops.
class AllocationScope {
 public:
  explicit AllocationScope(AllocationCount* count) noexcept;
  ~AllocationScope();
  AllocationScope(const AllocationScope&) = delete;
  AllocationScope& operator=(const AllocationScope&) = delete;

 private:
  AllocationCount* before_;
};

}  // namespace stemwright::core
