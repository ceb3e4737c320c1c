#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "platform/hardware.h"
#include "platform/system_events.h"

namespace stemwright::platform {

/// Looks at the machine's state on a thread of its own: every `interval`, and at once where the
/// system tells of changes.
class HardwareWatcher {
 public:
  using Read = std::function<HardwareState()>;
  /// Told each look; on the watcher's thread, never once the destructor has returned.
  using Listener = std::function<void(const HardwareState&)>;

  HardwareWatcher(Listener listener, std::chrono::milliseconds interval, Read read = hardwareState);
  ~HardwareWatcher();
  HardwareWatcher(const HardwareWatcher&) = delete;
  HardwareWatcher& operator=(const HardwareWatcher&) = delete;

  /// Looks now. [thread-safe]
  void look();

 private:
  void run(const Listener& listener, std::chrono::milliseconds interval, const Read& read);

  std::mutex mutex_;
  std::condition_variable wake_;
  bool isStopping_ = false;
  bool isAsked_ = false;
  std::thread thread_;
  SystemEvents events_{[this] { look(); }};
};

}  // namespace stemwright::platform
