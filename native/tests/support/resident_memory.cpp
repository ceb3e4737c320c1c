#include "tests/support/resident_memory.h"

#include <fstream>
#include <limits>
#include <string>

#include "tests/support/sanitizers.h"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace stemwright::testing {
namespace {

/// A line of /proc/self/status, in bytes.
std::uint64_t statusOf(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == key + ":" && status >> kilobytes) return kilobytes * 1024;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return 0;
}

/// Makes VmHWM count from now on.
bool resetPeak() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

}  // namespace

bool knowsResidentMemory() noexcept {
  return STEMWRIGHT_SANITIZED == 0 && resetPeak();
}

std::uint64_t peakGrowth(void (*work)(const void*), const void* argument) {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  resetPeak();
  const std::uint64_t before = statusOf("VmRSS");
  work(argument);
  return statusOf("VmHWM") - before;
}

}  // namespace stemwright::testing
