#pragma once

#include <cstdint>

namespace stemwright::testing {

/// False where the system does not tell, or a sanitizer's own memory would be counted with it.
bool knowsResidentMemory() noexcept;
/// Bytes by which the process has grown at most while work() ran, memory that was free before not
/// counted.
std::uint64_t peakGrowth(void (*work)(const void*), const void* argument);

template <typename Work>
std::uint64_t peakGrowth(const Work& work) {
  return peakGrowth([](const void* argument) { (*static_cast<const Work*>(argument))(); }, &work);
}

}  // namespace stemwright::testing
