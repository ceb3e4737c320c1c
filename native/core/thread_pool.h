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
/// Indices go to whoever is free, so that no worker waits while another has some left. Between
/// loops workers look out for the next one for a moment before they sleep.
/// [not for the audio thread]
class ThreadPool {
 public:
  enum class Priority {
    kNormal,
    kBackground,  ///< workers give way to other threads, and leave a core to whoever reserves it
  };

  /// @param threads workers including the caller, whose priority stays; at least 1
  /// Throws std::system_error when the system has no more threads to give.
  explicit ThreadPool(unsigned threads, Priority priority = Priority::kNormal);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  unsigned size() const noexcept { return static_cast<unsigned>(threads_.size()) + 1; }

  /// Loops run no further index once the flag is raised; what they leave undone is the caller's to
  /// discard. Null: loops always run to the end. Not during a loop.
  void cancelOn(const CancelFlag* flag) noexcept { cancel_ = flag; }

  /// Calls body(index, worker) once for each index in [0, count), indices handed out in order.
  /// Returns when all are done. worker < size() names the thread, for per-worker scratch.
  /// @param count below 2^24
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

  /// What the loops so far came to. Busy over threads * seconds is how well they were shared.
  struct Usage {
    std::uint64_t loops = 0;
    double seconds = 0;      ///< from the start of each loop to its end
    double busySeconds = 0;  ///< of all workers, inside bodies
  };
  /// Not during a loop.
  Usage usage() const noexcept;

 private:
  using Task = void (*)(void* context, std::size_t index, unsigned worker);
  void stop();
  void run(std::size_t count, Task task, void* context);
  void workerLoop(unsigned worker);
  void wake(std::size_t most);
  void drain(unsigned worker);
  bool sitsOut(unsigned worker) const noexcept;
  void waitForOthers(std::size_t count);
  std::uint64_t waitForLoop(std::uint64_t seen);
  bool cancelled() const noexcept { return cancel_ != nullptr && cancel_->requested(); }

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable done_;
  const CancelFlag* cancel_ = nullptr;
  const Priority priority_;
  std::vector<std::thread> threads_;
  Usage usage_;

  // The loop at hand. `state_` holds its number, its count and the next index in one word, so that
  // a worker that comes late can never take an index of one loop for the body of another.
  std::atomic<Task> task_{nullptr};
  std::atomic<void*> context_{nullptr};
  std::atomic<AllocationCount*> allocations_{nullptr};  ///< of the caller
  alignas(64) std::atomic<std::uint64_t> state_{0};
  alignas(64) std::atomic<std::size_t> finished_{0};  ///< indices done
  std::atomic<std::uint64_t> busyNanoseconds_{0};
  alignas(64) std::atomic<unsigned> sleepers_{0};
  std::atomic<bool> callerSleeps_{false};
  std::atomic<bool> stopping_{false};
};

}  // namespace stemwright::core
