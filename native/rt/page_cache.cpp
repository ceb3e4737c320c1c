#include "rt/page_cache.h"

namespace stemwright::rt {

PageCache::PageCache(std::size_t tracks, std::size_t pages)
    : tracks_(tracks), slots_(pages), samples_(pages * tracks * 2 * kPageFrames) {
  for (std::size_t i = 0; i < pages; ++i) {
    slots_[i].samples = samples_.data() + i * tracks * 2 * kPageFrames;
  }
}

const float* PageCache::hold(Page page) noexcept {
  for (std::size_t i = 0; i < heldCount_; ++i) {
    if (held_[i]->page.load(std::memory_order_relaxed) == page) return held_[i]->samples;
  }
  if (heldCount_ == kMostHeld) return nullptr;
  for (Slot& slot : slots_) {
    if (slot.page.load(std::memory_order_relaxed) != page) continue;
    State ready = State::kReady;
    if (!slot.state.compare_exchange_strong(ready, State::kHeld, std::memory_order_acquire)) {
      continue;
    }
    if (slot.page.load(std::memory_order_relaxed) == page) {
      held_[heldCount_++] = &slot;
      return slot.samples;
    }
    slot.state.store(State::kReady, std::memory_order_release);
  }
  return nullptr;
}

void PageCache::release() noexcept {
  for (std::size_t i = 0; i < heldCount_; ++i) {
    held_[i]->state.store(State::kReady, std::memory_order_release);
  }
  heldCount_ = 0;
}

bool PageCache::has(Page page) const noexcept {
  for (const Slot& slot : slots_) {
    if (!slot.isOutdated && slot.state.load(std::memory_order_acquire) != State::kFree &&
        slot.page.load(std::memory_order_relaxed) == page) {
      return true;
    }
  }
  return false;
}

/// Makes a slot the reader's own, unless the audio thread holds it.
bool PageCache::claim(Slot& slot) noexcept {
  if (slot.state.load(std::memory_order_acquire) == State::kFree) return true;
  State ready = State::kReady;
  if (!slot.state.compare_exchange_strong(ready, State::kFree, std::memory_order_acquire)) {
    return false;
  }
  slot.page.store(-1, std::memory_order_relaxed);
  slot.isOutdated = false;
  return true;
}

void PageCache::publish(Page page) noexcept {
  taken_->isOutdated = false;
  taken_->page.store(page, std::memory_order_relaxed);
  taken_->state.store(State::kReady, std::memory_order_release);
  sweep();
}

void PageCache::sweep() noexcept {
  for (Slot& slot : slots_) {
    if (slot.isOutdated && has(slot.page.load(std::memory_order_relaxed))) claim(slot);
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
    if (slot.page.load(std::memory_order_relaxed) == page && !claim(slot)) slot.isOutdated = true;
  }
}

}  // namespace stemwright::rt
