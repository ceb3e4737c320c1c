#pragma once

#include <atomic>

namespace stemwright::core {

/// Asked for on one thread, polled on others between layers. [thread-safe]
class CancelFlag {
 public:
  void request() noexcept { requested_.store(true, std::memory_order_relaxed); }
  bool requested() const noexcept { return requested_.load(std::memory_order_relaxed); }

 private:
  std::atomic<bool> requested_{false};
};

}  // namespace stemwright::core
