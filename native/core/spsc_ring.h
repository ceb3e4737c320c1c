#pragma once

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>

namespace stemwright::core {

/// Lock-free queue between one producer thread and one consumer thread.
/// Neither side allocates, locks or waits after construction. [audio-thread safe on both ends]
template <typename T>
class SpscRing {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  /// @param capacity elements it can hold; rounded up to a power of two
  explicit SpscRing(std::size_t capacity)
      : size_(std::bit_ceil(std::max<std::size_t>(capacity, 1))), slots_(new T[size_]) {}

  std::size_t capacity() const noexcept { return size_; }

  /// [producer] Appends as many as fit; returns how many.
  std::size_t write(std::span<const T> items) noexcept {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    const std::size_t free = size_ - (tail - head_.load(std::memory_order_acquire));
    const std::size_t count = std::min(items.size(), free);
    for (std::size_t i = 0; i < count; ++i) slots_[(tail + i) & (size_ - 1)] = items[i];
    tail_.store(tail + count, std::memory_order_release);
    return count;
  }

  /// [consumer] Takes up to items.size(); returns how many.
  std::size_t read(std::span<T> items) noexcept {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    const std::size_t available = tail_.load(std::memory_order_acquire) - head;
    const std::size_t count = std::min(items.size(), available);
    for (std::size_t i = 0; i < count; ++i) items[i] = slots_[(head + i) & (size_ - 1)];
    head_.store(head + count, std::memory_order_release);
    return count;
  }

  bool push(const T& item) noexcept { return write({&item, 1}) == 1; }
  bool pop(T& item) noexcept { return read({&item, 1}) == 1; }

  /// Elements waiting; exact on the consumer's thread, a lower bound elsewhere.
  std::size_t available() const noexcept {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }

 private:
  const std::size_t size_;
  const std::unique_ptr<T[]> slots_;
  alignas(64) std::atomic<std::size_t> head_{0};
  alignas(64) std::atomic<std::size_t> tail_{0};
};

}  // namespace stemwright::core
