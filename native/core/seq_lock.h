#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace stemwright::core {

/// The latest value of one writer for any number of readers, always seen whole. The writer never
/// waits; a reader looks again when it met a write. [audio-thread safe for the writer]
template <typename T>
class SeqLock {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  SeqLock() { store(T()); }

  /// [writer]
  void store(const T& value) noexcept {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &value, sizeof value);
    const std::uint64_t sequence = sequence_.load(std::memory_order_relaxed);
    sequence_.store(sequence + 1, std::memory_order_relaxed);
    // Released one by one: who reads one of them sees the odd sequence too.
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    sequence_.store(sequence + 2, std::memory_order_release);
  }

  /// [thread-safe]
  T load() const noexcept {
    std::array<std::uint64_t, kWords> words;
    std::uint64_t before = 0;
    do {
      before = sequence_.load(std::memory_order_acquire);
      for (std::size_t i = 0; i < kWords; ++i) words[i] = words_[i].load(std::memory_order_acquire);
    } while (before % 2 != 0 || sequence_.load(std::memory_order_relaxed) != before);
    T value;
    std::memcpy(static_cast<void*>(&value), words.data(), sizeof value);
    return value;
  }

 private:
  static constexpr std::size_t kWords = (sizeof(T) + 7) / 8;
  std::atomic<std::uint64_t> sequence_{0};
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace stemwright::core
