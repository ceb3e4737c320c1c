#pragma once

namespace stemwright::audio {

/// Asks for real-time scheduling of the calling thread; without the right to it nothing changes.
void raiseThreadPriority() noexcept;

}  // namespace stemwright::audio
