#pragma once

#include <cassert>
#include <cstddef>

#include "core/aligned.h"

namespace stemwright::core {

/// A stack of temporary buffers in one block: take, use, and release in reverse by scope.
/// One pass with a null block (`Arena::measure()`) finds the size that a real one needs.
/// [one thread]
class Arena {
 public:
  /// An arena that hands out no memory and only counts.
  static Arena measure() { return Arena(); }
  explicit Arena(std::size_t bytes) : block_(bytes) {}

  /// Uninitialised, 64-byte aligned; null from a measuring arena or when the block is too small.
  template <typename T>
  T* take(std::size_t count) {
    const std::size_t bytes = paddedCount<T>(count) * sizeof(T);
    const std::size_t start = used_;
    used_ += bytes;
    if (used_ > peak_) peak_ = used_;
    if (used_ > block_.size()) return nullptr;
    return reinterpret_cast<T*>(block_.data() + start);
  }

  std::size_t peak() const noexcept { return peak_; }
  std::size_t capacity() const noexcept { return block_.size(); }

  /// Gives back everything taken during its life.
  class Scope {
   public:
    explicit Scope(Arena& arena) noexcept : arena_(arena), mark_(arena.used_) {}
    ~Scope() { arena_.used_ = mark_; }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

   private:
    Arena& arena_;
    std::size_t mark_;
  };

 private:
  Arena() = default;
  AlignedBuffer<std::byte> block_;
  std::size_t used_ = 0;
  std::size_t peak_ = 0;
};

}  // namespace stemwright::core
