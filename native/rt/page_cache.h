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
/// the other.
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
  /// [audio-thread] Lets go of all pages.
  void release() noexcept;

  /// [reader] Whether the page is there, and not outdated.
  bool has(Page page) const noexcept;
  /// [reader] Room for a page: a free one, else that of the first page that `isWanted` does not
  /// claim. Null when all are wanted or held.
  template <typename IsWanted>
  float* take(IsWanted isWanted) noexcept;
  /// [reader] The room that was taken now holds this page.
  void publish(Page page) noexcept;
  /// [reader] Pages from `first` to before `last` are to be read anew; until then they are heard as
  /// they are.
  void outdate(Page first, Page last) noexcept;
  /// [reader] A page is not to be heard as it is; one that the audio thread holds is outdated.
  void drop(Page page) noexcept;
  /// [reader] Drops outdated pages that are there anew and were held when they came.
  void sweep() noexcept;

 private:
  enum class State { kFree, kReady, kHeld };
  struct Slot {
    std::atomic<State> state{State::kFree};
    std::atomic<Page> page{-1};
    bool isOutdated = false;  ///< the reader's
    float* samples = nullptr;
  };

  static constexpr std::size_t kMostHeld = 16;

  bool claim(Slot& slot) noexcept;

  const std::size_t tracks_;
  std::vector<Slot> slots_;
  core::AlignedBuffer<float> samples_;
  core::MemoryClaim claim_{core::MemoryOwner::kSound, samples_.bytes()};
  Slot* taken_ = nullptr;
  std::array<Slot*, kMostHeld> held_{};
  std::size_t heldCount_ = 0;
};

template <typename IsWanted>
float* PageCache::take(IsWanted isWanted) noexcept {
  taken_ = nullptr;
  for (Slot& slot : slots_) {
    const State state = slot.state.load(std::memory_order_acquire);
    if (state == State::kFree) {
      taken_ = &slot;
      break;
    }
    if (taken_ == nullptr && state == State::kReady &&
        !isWanted(slot.page.load(std::memory_order_relaxed))) {
      taken_ = &slot;
    }
  }
  if (taken_ == nullptr || !claim(*taken_)) return nullptr;
  return taken_->samples;
}

}  // namespace stemwright::rt
