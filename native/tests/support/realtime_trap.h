#pragma once

#include <cstdint>
#include <string>

namespace stemwright::testing {

/// Whether this program can tell; not with a sanitizer, which replaces the same functions.
bool canTrap() noexcept;

/// While one lives, whatever its thread does that an audio thread must not is counted: taking or
/// freeing memory, locking, signalling, sleeping, and reading or writing files.
class RealtimeTrap {
 public:
  RealtimeTrap() noexcept;
  ~RealtimeTrap();
  RealtimeTrap(const RealtimeTrap&) = delete;
  RealtimeTrap& operator=(const RealtimeTrap&) = delete;
};

/// Offences on all threads since the program began, and what the last one was.
std::uint64_t offences() noexcept;
std::string lastOffence();
/// Counts one, if this thread is in a trap.
void noteOffence(const char* what) noexcept;

}  // namespace stemwright::testing
