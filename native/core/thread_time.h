#pragma once

#include <optional>

namespace stemwright::core {

/// Processor time of the calling thread so far, in seconds, whatever else the machine does; none
/// where the system tells it too coarsely. Neither locks nor waits. [thread-safe]
std::optional<double> threadSeconds() noexcept;

}  // namespace stemwright::core
