#pragma once

#include <cstddef>

namespace stemwright::core {

/// Blocks from this size on are worth large pages: their first use faults less often, and walks
/// through them miss the processor's page table cache less.
inline constexpr std::size_t kLargeBlock = std::size_t{4} << 20;

/// Asks the system to back the whole large pages within a block by such, where it leaves that to
/// programs (Linux); memory that was asked for but is not touched stays free. [thread-safe]
void preferLargePages(void* block, std::size_t bytes) noexcept;

}  // namespace stemwright::core
