#pragma once

namespace stemwright::audio {

/// Asks for real-time scheduling of the calling thread; without the right to it nothing changes. On
/// a Mac the thread also joins the workgroup of the default output, as that device's own thread has
/// done, so that the system schedules them together.
void raiseThreadPriority() noexcept;

}  // namespace stemwright::audio
