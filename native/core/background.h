#pragma once

namespace stemwright::core {

/// Puts the calling thread behind those of the interface and of sound for good: it runs at full
/// speed where a core is free, and gives way elsewhere.
void lowerThisThread() noexcept;

/// For as long as one lives, pools in the background leave a core to others. [thread-safe]
class CoreReservation {
 public:
  CoreReservation() noexcept;
  ~CoreReservation();
  CoreReservation(const CoreReservation&) = delete;
  CoreReservation& operator=(const CoreReservation&) = delete;
};

/// Threads that work in the background may run at a time: the machine's cores, or one less.
unsigned backgroundThreads() noexcept;

}  // namespace stemwright::core
