#include "rt/page_cache.h"

#include <new>

namespace stemwright::rt {

PageCache::PageCache(std::size_t tracks, std::size_t pages) : tracks_(tracks), slots_(pages) {
  for (Slot& slot : slots_) {
    slot.samples = core::AlignedBuffer<float>(tracks * 2 * kPageFrames);
    claim_.resize(claim_.bytes() + slot.samples.bytes());
  }
}

bool PageCache::makeRoom(Slot& slot) noexcept {
  if (!slot.samples.empty()) return true;
  try {
    slot.samples = core::AlignedBuffer<float>(tracks_ * 2 * kPageFrames);
  } catch (const std::bad_alloc&) {
    return false;
  }
  claim_.resize(claim_.bytes() + slot.samples.bytes());
  return true;
}

const float* PageCache::hold(Page page) noexcept {
  for (std::size_t i = 0; i < heldCount_; ++i) {
    if (held_[i]->page.load(std::memory_order_relaxed) == page) return held_[i]->samples.data();
  }
  if (heldCount_ == kMostHeld) return nullptr;
  for (Slot& slot : slots_) {
    if (slot.page.load(std::memory_order_relaxed) != page) continue;
    Mark mark = slot.mark.load(std::memory_order_relaxed);
    const Mark held = markOf(State::kHeld, block_.load(std::memory_order_relaxed));
    if (stateOf(mark) != State::kReady ||
        !slot.mark.compare_exchange_strong(mark, held, std::memory_order_acquire)) {
      continue;
    }
    if (slot.page.load(std::memory_order_relaxed) == page) {
      held_[heldCount_++] = &slot;
      return slot.samples.data();
    }
    slot.mark.store(mark, std::memory_order_release);
  }
  return nullptr;
}

void PageCache::release() noexcept {
  const std::uint64_t block = block_.load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < heldCount_; ++i) {
    held_[i]->mark.store(markOf(State::kReady, block), std::memory_order_release);
  }
  heldCount_ = 0;
  block_.store(block + 1, std::memory_order_relaxed);
}

bool PageCache::has(Page page) const noexcept {
  for (const Slot& slot : slots_) {
    if (!slot.isOutdated && stateOf(slot.mark.load(std::memory_order_acquire)) != State::kFree &&
        slot.page.load(std::memory_order_relaxed) == page) {
      return true;
    }
  }
  return false;
}

/// Makes a slot the reader's own, unless the audio thread holds it or has held it since.
bool PageCache::claim(Slot& slot, Mark mark) noexcept {
  if (stateOf(mark) == State::kFree) return true;
  if (stateOf(mark) == State::kHeld ||
      !slot.mark.compare_exchange_strong(mark, markOf(State::kFree, 0),
                                         std::memory_order_acquire)) {
    return false;
  }
  slot.page.store(-1, std::memory_order_relaxed);
  slot.isOutdated = false;
  return true;
}

void PageCache::publish(Page page) noexcept {
  taken_->isOutdated = false;
  taken_->page.store(page, std::memory_order_relaxed);
  taken_->mark.store(markOf(State::kReady, 0), std::memory_order_release);
  sweep();
}

void PageCache::sweep() noexcept {
  for (Slot& slot : slots_) {
    if (slot.isOutdated && has(slot.page.load(std::memory_order_relaxed))) {
      claim(slot, slot.mark.load(std::memory_order_acquire));
    }
  }
}

void PageCache::outdate(Page first, Page last) noexcept {
  for (Slot& slot : slots_) {
    const Page page = slot.page.load(std::memory_order_relaxed);
    if (page >= first && page < last) slot.isOutdated = true;
  }
}

void PageCache::drop(Page page) noexcept {
  for (Slot& slot : slots_) {
    if (slot.page.load(std::memory_order_relaxed) != page) continue;
    const Mark mark = slot.mark.load(std::memory_order_acquire);
    if (isRecent(mark) || !claim(slot, mark)) slot.isOutdated = true;
  }
}

}  // namespace stemwright::rt
