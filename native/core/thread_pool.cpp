#include "core/thread_pool.h"

#include <cassert>
#include <chrono>

#include "core/background.h"

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

namespace stemwright::core {
namespace {

using Clock = std::chrono::steady_clock;

/// How long a thread looks out before it sleeps: longer than the gap between most loops, and too
/// short to matter where there are more threads than cores.
constexpr std::chrono::microseconds kLookOut{40};

// The word that says which loop runs: its number in the upper 16 bits, then its count, then the
// next index.
constexpr unsigned kIndexBits = 24;
constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kIndexBits) - 1;

std::uint64_t loopOf(std::uint64_t state) {
  return state >> (2 * kIndexBits);
}
std::size_t countOf(std::uint64_t state) {
  return (state >> kIndexBits) & kIndexMask;
}
std::size_t nextOf(std::uint64_t state) {
  return state & kIndexMask;
}

void pause() {
#if defined(__x86_64__) || defined(_M_X64)
  _mm_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

std::uint64_t nanosecondsSince(Clock::time_point start) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

/// Looks for a moment until `ready` says so.
template <typename Ready>
bool lookOut(Ready&& ready) {
  const Clock::time_point start = Clock::now();
  do {
    for (int i = 0; i < 16; ++i) {
      if (ready()) return true;
      pause();
    }
  } while (Clock::now() - start < kLookOut);
  return ready();
}

}  // namespace

ThreadPool::ThreadPool(unsigned threads, Priority priority) : priority_(priority) {
  try {
    for (unsigned worker = 1; worker < threads; ++worker) {
      threads_.emplace_back([this, worker] { workerLoop(worker); });
    }
  } catch (...) {
    stop();
    throw;
  }
}

ThreadPool::~ThreadPool() {
  stop();
}

void ThreadPool::stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ThreadPool::run(std::size_t count, Task task, void* context) {
  assert(count <= kIndexMask);
  if (count == 0) return;
  const Clock::time_point start = Clock::now();
  if (count == 1 || threads_.empty()) {
    for (std::size_t index = 0; index < count && !cancelled(); ++index) task(context, index, 0);
    busyNanoseconds_.fetch_add(nanosecondsSince(start), std::memory_order_relaxed);
  } else {
    finished_.store(0, std::memory_order_relaxed);
    task_.store(task, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    allocations_.store(allocationCount(), std::memory_order_relaxed);
    const std::uint64_t loop = loopOf(state_.load(std::memory_order_relaxed)) + 1;
    state_.store(loop << (2 * kIndexBits) | std::uint64_t{count} << kIndexBits);
    if (sleepers_.load() != 0) {
      { std::lock_guard lock(mutex_); }  // whoever is about to sleep sees the loop or the call
      wake(count - 1);
    }
    drain(0);
    waitForOthers(count);
  }
  ++usage_.loops;
  usage_.seconds += 1e-9 * static_cast<double>(nanosecondsSince(start));
}

/// As many workers as there is work for: each one more costs the caller microseconds.
void ThreadPool::wake(std::size_t most) {
  if (most >= threads_.size()) return wake_.notify_all();
  for (std::size_t i = 0; i < most; ++i) wake_.notify_one();
}

/// Takes indices of the loop at hand until none is left.
void ThreadPool::drain(unsigned worker) {
  const Clock::time_point start = Clock::now();
  std::size_t mine = 0;
  std::uint64_t state = state_.load(std::memory_order_acquire);
  while (nextOf(state) < countOf(state) && !sitsOut(worker)) {
    const Task task = task_.load(std::memory_order_relaxed);
    void* const context = context_.load(std::memory_order_relaxed);
    AllocationCount* const allocations = allocations_.load(std::memory_order_relaxed);
    if (!state_.compare_exchange_weak(state, state + 1, std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
      continue;
    }
    if (!cancelled()) {
      const AllocationScope scope(allocations);
      task(context, nextOf(state), worker);
    }
    ++mine;
    state = state_.load(std::memory_order_acquire);
  }
  if (mine == 0) return;
  busyNanoseconds_.fetch_add(nanosecondsSince(start), std::memory_order_relaxed);
  // Once it is added the loop may end: only what is left of the count can say which loop it was.
  const std::size_t count = countOf(state);
  if (finished_.fetch_add(mine) + mine == count && callerSleeps_.load()) {
    { std::lock_guard lock(mutex_); }
    done_.notify_one();
  }
}

/// Whether this worker leaves its core to others for now; the caller never does.
bool ThreadPool::sitsOut(unsigned worker) const noexcept {
  return priority_ == Priority::kBackground && worker != 0 && worker >= backgroundThreads();
}

void ThreadPool::waitForOthers(std::size_t count) {
  const auto allDone = [&] { return finished_.load() == count; };
  if (lookOut(allDone)) return;
  std::unique_lock lock(mutex_);
  callerSleeps_.store(true);
  done_.wait(lock, allDone);
  callerSleeps_.store(false);
}

/// @return the number of a loop other than `seen`, or `seen` when the pool stops
std::uint64_t ThreadPool::waitForLoop(std::uint64_t seen) {
  const auto isNew = [&] { return loopOf(state_.load()) != seen || stopping_.load(); };
  if (!lookOut(isNew)) {
    std::unique_lock lock(mutex_);
    ++sleepers_;
    wake_.wait(lock, isNew);
    --sleepers_;
  }
  return loopOf(state_.load());
}

void ThreadPool::workerLoop(unsigned worker) {
  if (priority_ == Priority::kBackground) lowerThisThread();
  std::uint64_t seen = 0;
  while (!stopping_.load()) {
    seen = waitForLoop(seen);
    drain(worker);
  }
}

ThreadPool::Usage ThreadPool::usage() const noexcept {
  Usage usage = usage_;
  usage.busySeconds = 1e-9 * static_cast<double>(busyNanoseconds_.load(std::memory_order_relaxed));
  return usage;
}

}  // namespace stemwright::core
