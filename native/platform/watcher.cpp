#include "platform/watcher.h"

#include <utility>

namespace stemwright::platform {

HardwareWatcher::HardwareWatcher(Listener listener, std::chrono::milliseconds interval, Read read)
    : thread_([this, listener = std::move(listener), interval, read = std::move(read)] {
        run(listener, interval, read);
      }) {}

HardwareWatcher::~HardwareWatcher() {
  {
    const std::lock_guard lock(mutex_);
    isStopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void HardwareWatcher::look() {
  {
    const std::lock_guard lock(mutex_);
    isAsked_ = true;
  }
  wake_.notify_one();
}

void HardwareWatcher::run(const Listener& listener, std::chrono::milliseconds interval,
                          const Read& read) {
  std::unique_lock lock(mutex_);
  while (!isStopping_) {
    isAsked_ = false;
    lock.unlock();
    listener(read());
    lock.lock();
    wake_.wait_for(lock, interval, [this] { return isStopping_ || isAsked_; });
  }
}

}  // namespace stemwright::platform
