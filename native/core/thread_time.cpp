#include "core/thread_time.h"

#if !defined(_WIN32)
#include <time.h>
#endif

namespace stemwright::core {

std::optional<double> threadSeconds() noexcept {
#if defined(_WIN32)
  return std::nullopt;  // GetThreadTimes counts in 15 ms
#else
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return std::nullopt;
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
#endif
}

}  // namespace stemwright::core
