#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "core/aligned.h"
#include "core/memory_usage.h"

namespace stemwright::rt {

/// Stretches of a song in memory, each with all of its stems, so that they are there or missing
/// together. One thread fills pages, the audio thread holds those that it reads; neither waits for
/// the other. What the audio thread has held stays for a block longer: it may have to fade out
/// there.
class PageCache {
 public:
  static constexpr std::size_t kPageFrames = 4096;
  using Page = std::int64_t;  ///< the song's frames [page * kPageFrames, …)

  /// @param pages that fit, at least one more than the audio thread holds at a time
  PageCache(std::size_t tracks, std::size_t pages);

  std::size_t pages() const noexcept { return slots_.size(); }
  std::size_t tracks() const noexcept { return tracks_; }

  /// [audio-thread] The stems of a page, [tracks][2][kPageFrames], which stay as they are until
  /// release(); null when the page is not there.
  const float* hold(Page page) noexcept;
  /// [audio-thread] Lets go of all pages, at the end of a block.
  void release() noexcept;

  /// [reader] Whether the page is there, and not outdated.
  bool has(Page page) const noexcept;
  /// [reader] Room for a page: a free one, else that of the first page that `isWanted` does not
  /// claim. Null when all are wanted, held, or were held a block ago, or memory is out.
  template <typename IsWanted>
  float* take(IsWanted isWanted) noexcept;
  /// [reader] Gives back the memory of all pages that `isWanted` does not claim; take() makes it
  /// anew. @return bytes
  template <typename IsWanted>
  std::size_t shrink(IsWanted isWanted) noexcept;
  /// [reader] The room that was taken now holds this page.
  void publish(Page page) noexcept;
  /// [reader] Pages from `first` to before `last` are to be read anew; until then they are heard as
  /// they are.
  void outdate(Page first, Page last) noexcept;
  /// [reader] A page is not to be heard as it is; one that is held, or was a block ago, is
  /// outdated.
  void drop(Page page) noexcept;
  /// [reader] Drops outdated pages that are there anew and were held when they came.
  void sweep() noexcept;

 private:
  enum class State : std::uint64_t { kFree, kReady, kHeld };
  /// A state, and the block of the audio thread in which it last held the page: one word, so that
  /// the reader's claim fails where the page was held and let go of since it looked.
  using Mark = std::uint64_t;
  static constexpr Mark markOf(State state, std::uint64_t block) noexcept {
    return block << 2 | static_cast<Mark>(state);
  }
  static constexpr State stateOf(Mark mark) noexcept { return static_cast<State>(mark & 3); }

  struct Slot {
    std::atomic<Mark> mark{markOf(State::kFree, 0)};
    std::atomic<Page> page{-1};
    bool isOutdated = false;               ///< the reader's
    core::AlignedBuffer<float> samples{};  ///< empty after shrink(); the reader's while it is free
  };

  static constexpr std::size_t kMostHeld = 16;

  bool claim(Slot& slot, Mark mark) noexcept;
  bool makeRoom(Slot& slot) noexcept;
  bool isRecent(Mark mark) const noexcept {
    return (mark >> 2) + 1 >= block_.load(std::memory_order_relaxed);
  }

  const std::size_t tracks_;
  std::vector<Slot> slots_;
  core::MemoryClaim claim_{core::MemoryOwner::kSound, 0};
  Slot* taken_ = nullptr;
  std::array<Slot*, kMostHeld> held_{};
  std::size_t heldCount_ = 0;
  std::atomic<std::uint64_t> block_{2};  ///< of the audio thread; a page never held is not recent
};

template <typename IsWanted>
float* PageCache::take(IsWanted isWanted) noexcept {
  taken_ = nullptr;
  Mark taken = 0;
  for (Slot& slot : slots_) {
    const Mark mark = slot.mark.load(std::memory_order_acquire);
    const bool isFree = stateOf(mark) == State::kFree;
    const bool isLeft = stateOf(mark) == State::kReady && !isRecent(mark);
    if (isFree ||
        (taken_ == nullptr && isLeft && !isWanted(slot.page.load(std::memory_order_relaxed)))) {
      taken_ = &slot;
      taken = mark;
    }
    if (isFree) break;
  }
  if (taken_ == nullptr || !claim(*taken_, taken) || !makeRoom(*taken_)) return nullptr;
  return taken_->samples.data();
}

template <typename IsWanted>
std::size_t PageCache::shrink(IsWanted isWanted) noexcept {
  const std::size_t before = claim_.bytes();
  for (Slot& slot : slots_) {
    const Mark mark = slot.mark.load(std::memory_order_acquire);
    const bool isFree = stateOf(mark) == State::kFree;
    const bool isLeft = stateOf(mark) == State::kReady && !isRecent(mark) &&
                        !isWanted(slot.page.load(std::memory_order_relaxed));
    if (!isFree && (!isLeft || !claim(slot, mark))) continue;
    claim_.resize(claim_.bytes() - slot.samples.bytes());
    slot.samples = {};
  }
  return before - claim_.bytes();
}

}  // namespace stemwright::rt
