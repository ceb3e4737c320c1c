#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <thread>
#include <type_traits>
#include <vector>

#include "core/allocation_count.h"
#include "core/cancel.h"

namespace stemwright::core {

/// A fixed set of workers that share loops. The caller is worker 0 and takes part.
/// One loop at a time; a body must not start another loop on the same pool, and must not throw.
/// [not for the audio thread]
class ThreadPool {
 public:
  /// @param threads workers including the caller; at least 1
  /// Throws std::system_error when the system has no more threads to give.
  explicit ThreadPool(unsigned threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(threads_.size()) + 1; }

  /// Loops hand out no further index once the flag is raised; what they leave undone is the
  /// caller's to discard. Null: loops always run to the end. Not during a loop.
  void cancelOn(const CancelFlag* flag) noexcept { cancel_ = flag; }

  /// Calls body(index, worker) once for each index in [0, count), indices handed out in order.
  /// Returns when all are done. worker < size() names the thread, for per-worker scratch.
  template <typename Body>
  void parallelFor(std::size_t count, Body&& body) {
    using Plain = std::remove_reference_t<Body>;
    static_assert(std::is_invocable_v<Plain&, std::size_t, unsigned>);
    run(
        count,
        [](void* context, std::size_t index, unsigned worker) {
          (*static_cast<Plain*>(context))(index, worker);
        },
        const_cast<void*>(static_cast<const void*>(&body)));
  }

 private:
  using Task = void (*)(void* context, std::size_t index, unsigned worker);
  void stop();
  void run(std::size_t count, Task task, void* context);
  void workerLoop(unsigned worker);
  void drain(unsigned worker);
  bool cancelled() const noexcept { return cancel_ != nullptr && cancel_->requested(); }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  std::uint64_t generation_ = 0;
  AllocationCount* allocations_ = nullptr;  ///< of the caller
  unsigned busy_ = 0;
  bool stopping_ = false;
  const CancelFlag* cancel_ = nullptr;
  Task task_ = nullptr;
  void* context_ = nullptr;
  std::size_t count_ = 0;
  std::atomic<std::size_t> next_{0};
  std::vector<std::thread> threads_;
};

}  // namespace stemwright::core
