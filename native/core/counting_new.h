// Replaces a program's operator new with one that tells stemwright::allocated() of each call. To be
// included by one source of the program, which defines that function.
#pragma once

#include <cstdlib>
#include <new>

namespace stemwright {

/// Must not allocate.
void allocated() noexcept;

namespace counting_new {

inline void* taken(std::size_t bytes, std::size_t alignment) {
  allocated();
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

inline void given(void* pointer) noexcept {
#if defined(_WIN32)
  _aligned_free(pointer);
#else
  std::free(pointer);
#endif
}

inline constexpr std::size_t kDefault = __STDCPP_DEFAULT_NEW_ALIGNMENT__;

}  // namespace counting_new
}  // namespace stemwright

void* operator new(std::size_t bytes) {
  return stemwright::counting_new::taken(bytes, stemwright::counting_new::kDefault);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return stemwright::counting_new::taken(bytes, stemwright::counting_new::kDefault);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new(std::size_t bytes, std::align_val_t alignment) {
  return stemwright::counting_new::taken(bytes, static_cast<std::size_t>(alignment));
}
void operator delete(void* pointer) noexcept {
  stemwright::counting_new::given(pointer);
}
void operator delete(void* pointer, const std::nothrow_t&) noexcept {
  stemwright::counting_new::given(pointer);
}
void operator delete(void* pointer, std::size_t) noexcept {
  stemwright::counting_new::given(pointer);
}
void operator delete(void* pointer, std::align_val_t) noexcept {
  stemwright::counting_new::given(pointer);
}
void operator delete(void* pointer, std::size_t, std::align_val_t) noexcept {
  stemwright::counting_new::given(pointer);
}
