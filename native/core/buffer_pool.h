#pragma once

#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/aligned.h"
#include "core/memory_usage.h"

namespace stemwright::core {

/// Buffers of one size, made up front, that any thread may take and give back without waiting.
/// A stack of free indices whose head carries a counter, so that a head that went and came back is
/// not mistaken for one that stayed (Treiber 1986; the ABA problem). [audio-thread safe]
class BufferPool {
 public:
  /// @param size floats in each buffer; buffers start on cache lines @param count below 2^32 - 1
  BufferPool(std::size_t size, std::uint32_t count)
      : size_(size),
        stride_(paddedCount<float>(size)),
        count_(count),
        memory_(stride_ * count),
        next_(new std::atomic<std::uint32_t>[count]) {
    for (std::uint32_t index = 0; index < count; ++index) {
      next_[index].store(index + 1 < count ? index + 1 : kNone, std::memory_order_relaxed);
    }
    head_.store(count == 0 ? kNone : 0, std::memory_order_relaxed);
  }
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  std::size_t size() const noexcept { return size_; }
  std::uint32_t count() const noexcept { return count_; }

  /// Uninitialised; null when all are taken, which exhausted() counts.
  float* acquire() noexcept {
    std::uint64_t head = head_.load(std::memory_order_acquire);
    for (;;) {
      const std::uint32_t index = indexOf(head);
      if (index == kNone) {
        exhausted_.fetch_add(1, std::memory_order_relaxed);
        return nullptr;
      }
      const std::uint32_t next = next_[index].load(std::memory_order_relaxed);
      if (head_.compare_exchange_weak(head, after(head, next), std::memory_order_acq_rel,
                                      std::memory_order_acquire)) {
        return memory_.data() + index * stride_;
      }
    }
  }

  /// @param buffer from this pool's acquire(), given back once; null is ignored
  void release(float* buffer) noexcept {
    if (buffer == nullptr) return;
    const std::ptrdiff_t offset = buffer - memory_.data();
    assert(offset >= 0 && static_cast<std::size_t>(offset) % stride_ == 0);
    const auto index = static_cast<std::uint32_t>(static_cast<std::size_t>(offset) / stride_);
    assert(index < count_);
    std::uint64_t head = head_.load(std::memory_order_relaxed);
    do {
      next_[index].store(indexOf(head), std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, after(head, index), std::memory_order_acq_rel,
                                          std::memory_order_relaxed));
  }

  /// How often acquire() had nothing to give.
  std::uint64_t exhausted() const noexcept { return exhausted_.load(std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kNone = 0xffffffff;
  static std::uint32_t indexOf(std::uint64_t head) { return static_cast<std::uint32_t>(head); }
  static std::uint64_t after(std::uint64_t head, std::uint32_t index) {
    return ((head >> 32) + 1) << 32 | index;
  }

  const std::size_t size_;
  const std::size_t stride_;
  const std::uint32_t count_;
  AlignedBuffer<float> memory_;
  const MemoryClaim claim_{MemoryOwner::kPools, memory_.bytes()};
  const std::unique_ptr<std::atomic<std::uint32_t>[]> next_;
  alignas(64) std::atomic<std::uint64_t> head_{kNone};
  alignas(64) std::atomic<std::uint64_t> exhausted_{0};
};

}  // namespace stemwright::core
