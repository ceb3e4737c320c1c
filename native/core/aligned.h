#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "core/large_pages.h"

namespace stemwright::core {

/// Every buffer of the engine starts on a cache line, which is also the widest vector.
inline constexpr std::size_t kAlignment = 64;

/// Elements rounded up to whole cache lines.
template <typename T>
constexpr std::size_t paddedCount(std::size_t count) {
  constexpr std::size_t perLine = kAlignment / sizeof(T);
  return (count + perLine - 1) / perLine * perLine;
}

/// Owning, 64-byte aligned, uninitialised storage of trivial elements.
/// Throws std::bad_alloc from its constructor, also for a size that no memory could have.
template <typename T>
class AlignedBuffer {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t count) : data_(allocate(count)), size_(count) {}
  AlignedBuffer(AlignedBuffer&& other) noexcept
      : data_(std::move(other.data_)), size_(std::exchange(other.size_, 0)) {}
  AlignedBuffer& operator=(AlignedBuffer&& other) noexcept {
    data_ = std::move(other.data_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  T* data() noexcept { return data_.get(); }
  const T* data() const noexcept { return data_.get(); }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::size_t bytes() const noexcept { return paddedCount<T>(size_) * sizeof(T); }
  T& operator[](std::size_t index) noexcept { return data_.get()[index]; }
  const T& operator[](std::size_t index) const noexcept { return data_.get()[index]; }
  T* begin() noexcept { return data(); }
  T* end() noexcept { return data() + size_; }
  const T* begin() const noexcept { return data(); }
  const T* end() const noexcept { return data() + size_; }
  std::span<T> span() noexcept { return {data(), size_}; }
  std::span<const T> span() const noexcept { return {data(), size_}; }
  void zero() noexcept {
    if (size_ != 0) std::memset(data_.get(), 0, size_ * sizeof(T));
  }

 private:
  static T* allocate(std::size_t count) {
    if (count == 0) return nullptr;
    if (count > (PTRDIFF_MAX - kAlignment) / sizeof(T)) throw std::bad_array_new_length();
    const std::size_t bytes = paddedCount<T>(count) * sizeof(T);
    void* const block = ::operator new (bytes, std::align_val_t{kAlignment});
    if (bytes >= kLargeBlock) preferLargePages(block, bytes);
    return static_cast<T*>(block);
  }
  struct Free {
    void operator()(T* pointer) const noexcept {
      ::operator delete (pointer, std::align_val_t{kAlignment});
    }
  };
  std::unique_ptr<T, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace stemwright::core
