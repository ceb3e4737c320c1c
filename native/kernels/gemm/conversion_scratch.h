#pragma once

#include <cstddef>
#include <cstdint>

namespace stemwright::kernels {

/// Room for `count` rounded numbers, this thread's own, on a cache line, until the next call. Grows
/// when asked for more than ever before. Throws std::bad_alloc.
std::uint16_t* conversionScratch(std::size_t count);

}  // namespace stemwright::kernels
