// Replaces the program's operator new with one that counts.
#include "tests/support/allocations.h"

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<std::size_t> count{0};

void* taken(std::size_t bytes, std::size_t alignment) {
  count.fetch_add(1, std::memory_order_relaxed);
  const std::size_t whole = (bytes + alignment - 1) / alignment * alignment;
  const std::size_t size = whole == 0 ? alignment : whole;
  if (size < bytes) throw std::bad_alloc();
#if defined(_WIN32)
  void* pointer = _aligned_malloc(size, alignment);
#else
  void* pointer = std::aligned_alloc(alignment, size);
#endif
  if (pointer == nullptr) throw std::bad_alloc();
  return pointer;
}

void given(void* pointer) noexcept {
#if defined(_WIN32)
  _aligned_free(pointer);
#else
  std::free(pointer);
#endif
}

constexpr std::size_t kDefault = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace

void* operator new(std::size_t bytes) {
  return taken(bytes, kDefault);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return taken(bytes, kDefault);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return taken(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* pointer) noexcept {
  given(pointer);
}
void operator delete(void* pointer, const std::nothrow_t&) noexcept {
  given(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  given(pointer);
}
void operator delete(void* pointer, std::align_val_t) noexcept {
  given(pointer);
}
void operator delete(void* pointer, std::size_t, std::align_val_t) noexcept {
  given(pointer);
}

std::size_t stemwright::testing::allocations() noexcept {
  return count.load(std::memory_order_relaxed);
}
