#pragma once

#include <cstdint>

#if defined(__SSE2__) || defined(_M_X64)
#include <xmmintrin.h>
#endif

namespace stemwright::rt {

/// Numbers too small for a normalised float count as 0 while it lives, on this thread: they would
/// make the processor many times slower.
class FlushDenormals {
 public:
  FlushDenormals() noexcept : saved_(read()) { write(saved_ | kFlush); }
  ~FlushDenormals() { write(saved_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
#if defined(__SSE2__) || defined(_M_X64)
  using Word = unsigned;
  static constexpr Word kFlush = 0x8040;  // flush to zero, denormals are zero
  static Word read() noexcept {
    return _mm_getcsr();
  }
  static void write(Word word) noexcept {
    _mm_setcsr(word);
  }
#elif defined(__aarch64__)
  using Word = std::uint64_t;
  static constexpr Word kFlush = Word{1} << 24;
  static Word read() noexcept {
    Word word = 0;
    asm volatile("mrs %0, fpcr" : "=r"(word));
    return word;
  }
  static void write(Word word) noexcept {
    asm volatile("msr fpcr, %0" : : "r"(word));
  }
#else
  using Word = unsigned;
  static constexpr Word kFlush = 0;
  static Word read() noexcept {
    return 0;
  }
  static void write(Word) noexcept {}
#endif

  const Word saved_;
};

}  // namespace stemwright::rt
