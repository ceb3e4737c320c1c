#include "platform/watcher.h"

#include <optional>
#include <utility>

namespace stemwright::platform {
namespace {

bool differs(const HardwareState& a, HardwareState b) {
  b.availableBytes = a.availableBytes;
  return a != b;
}

}  // namespace

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

void HardwareWatcher::run(const Listener& listener, std::chrono::milliseconds interval,
                          const Read& read) {
  std::optional<HardwareState> last;
  std::unique_lock lock(mutex_);
  while (!isStopping_) {
    lock.unlock();
    const HardwareState now = read();
    const bool isNews = !last || differs(*last, now);
    last = now;
    lock.lock();
    if (isStopping_) return;
    if (isNews) {
      lock.unlock();
      listener(now);
      lock.lock();
    }
    wake_.wait_for(lock, interval, [this] { return isStopping_; });
  }
}

}  // namespace stemwright::platform
