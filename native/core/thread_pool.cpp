#include "core/thread_pool.h"

namespace stemwright::core {

ThreadPool::ThreadPool(unsigned threads) {
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
  if (count == 0) return;
  if (count == 1 || threads_.empty()) {
    for (std::size_t index = 0; index < count && !cancelled(); ++index) task(context, index, 0);
    return;
  }
  {
    std::lock_guard lock(mutex_);
    task_ = task;
    context_ = context;
    count_ = count;
    allocations_ = allocationCount();
    next_.store(0, std::memory_order_relaxed);
    busy_ = static_cast<unsigned>(threads_.size());
    ++generation_;
  }
  wake_.notify_all();
  drain(0);
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return busy_ == 0; });
}

void ThreadPool::drain(unsigned worker) {
  for (;;) {
    const std::size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    if (index >= count_ || cancelled()) return;
    task_(context_, index, worker);
  }
}

void ThreadPool::workerLoop(unsigned worker) {
  std::uint64_t seen = 0;
  for (;;) {
    AllocationCount* allocations = nullptr;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [&] { return stopping_ || generation_ != seen; });
      if (stopping_) return;
      seen = generation_;
      allocations = allocations_;
    }
    {
      const AllocationScope scope(allocations);
      drain(worker);
    }
    {
      std::lock_guard lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }
}

}  // namespace stemwright::core
