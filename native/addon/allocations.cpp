// Lets benchmarks count allocations. Only where the linker keeps these operators to the addon
// (exports.map): elsewhere they could become the whole program's.
#if defined(__linux__)
#include "core/allocation_count.h"
#include "core/counting_new.h"

void stemwright::allocated() noexcept {
  core::noteAllocation();
}
#endif
