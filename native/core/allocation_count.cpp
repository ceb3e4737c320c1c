#include "core/allocation_count.h"

#include <new>

namespace stemwright::core {
namespace {

thread_local AllocationCount* current = nullptr;

}  // namespace

AllocationCount* allocationCount() noexcept {
  return current;
}

void noteAllocation() noexcept {
  if (current != nullptr) current->fetch_add(1, std::memory_order_relaxed);
}

bool canCountAllocations() {
  AllocationCount count{0};
  const AllocationScope scope(&count);
  // The functions, not the operators: a compiler may leave a pair of those out.
  ::operator delete(::operator new(1));
  return count.load(std::memory_order_relaxed) != 0;
}

AllocationScope::AllocationScope(AllocationCount* count) noexcept : before_(current) {
  current = count;
}

AllocationScope::~AllocationScope() {
  current = before_;
}

}  // namespace stemwright::core
