#pragma once

#include <cstddef>

namespace stemwright::testing {

/// Calls of operator new since the program began, on all threads.
std::size_t allocations() noexcept;

}  // namespace stemwright::testing
