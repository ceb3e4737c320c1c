#include "rt/insert_chain.h"

#include <algorithm>

namespace stemwright::rt {

InsertChain::InsertChain(std::size_t fadeFrames)
    : fadeFrames_(std::max<std::size_t>(fadeFrames, 1)), before_(2 * kMostFrames) {
  before_.zero();
}

InsertChain::~InsertChain() {
  for (Slot& slot : slots_) {
    delete slot.current;
    delete slot.previous;
    delete slot.retired;
  }
}

bool InsertChain::replace(std::size_t index, Insert* insert) noexcept {
  Slot& slot = slots_[index];
  if (slot.isFading || slot.retired != nullptr) return false;
  if (slot.current == nullptr && insert == nullptr) return true;
  slot.previous = slot.current;
  slot.current = insert;
  if (insert != nullptr) insert->beginInSound();
  slot.faded = 0;
  slot.isFading = true;
  return true;
}

Insert* InsertChain::takeBack() noexcept {
  for (Slot& slot : slots_) {
    if (slot.retired == nullptr) continue;
    Insert* const retired = slot.retired;
    slot.retired = nullptr;
    return retired;
  }
  return nullptr;
}

void InsertChain::putBack(Insert* insert) noexcept {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [](const Slot& one) { return one.retired == nullptr; });
  slot->retired = insert;
}

void InsertChain::process(float* left, float* right, std::size_t frames) noexcept {
  for (Slot& slot : slots_) {
    if (slot.isFading) {
      crossfade(slot, left, right, frames);
    } else if (slot.current != nullptr) {
      slot.current->process(left, right, frames);
    }
  }
}

std::size_t InsertChain::latencyFrames() const noexcept {
  std::size_t sum = 0;
  for (const Slot& slot : slots_)
    sum += slot.current == nullptr ? 0 : slot.current->latencyFrames();
  return sum;
}

/// Without an effect the sound passes as it is, so that the first fades in and the last fades out.
void InsertChain::crossfade(Slot& slot, float* left, float* right, std::size_t frames) noexcept {
  float* const beforeLeft = before_.data();
  float* const beforeRight = before_.data() + kMostFrames;
  std::copy_n(left, frames, beforeLeft);
  std::copy_n(right, frames, beforeRight);
  if (slot.previous != nullptr) slot.previous->process(beforeLeft, beforeRight, frames);
  if (slot.current != nullptr) slot.current->process(left, right, frames);
  for (std::size_t i = 0; i < frames && slot.faded < fadeFrames_; ++i) {
    const float share = static_cast<float>(++slot.faded) / static_cast<float>(fadeFrames_);
    left[i] = beforeLeft[i] + share * (left[i] - beforeLeft[i]);
    right[i] = beforeRight[i] + share * (right[i] - beforeRight[i]);
  }
  if (slot.faded < fadeFrames_) return;
  slot.isFading = false;
  slot.retired = slot.previous;
  slot.previous = nullptr;
}

}  // namespace stemwright::rt
