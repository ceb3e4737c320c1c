#pragma once

namespace stemwright::audio {

/// A device's thread goes before those that compute for it, which have more time.
enum class ThreadRole { kDevice, kHelper };

/// Asks for real-time scheduling of the calling thread; without the right to it nothing changes. On
/// a Mac the thread also joins the workgroup of the default output, as that device's own thread has
/// done, so that the system schedules them together.
void raiseThreadPriority(ThreadRole role) noexcept;

}  // namespace stemwright::audio
