#pragma once

#include <array>
#include <cstddef>

#include "core/aligned.h"
#include "rt/insert.h"
#include "rt/limits.h"

namespace stemwright::rt {

/// The effects of one strip, in order. A new one is crossfaded in while the old one still runs.
/// [audio-thread after construction]
class InsertChain {
 public:
  /// @param fadeFrames of the crossfade from one effect to the next
  explicit InsertChain(std::size_t fadeFrames);
  /// Not on the audio thread: destroys what it still holds.
  ~InsertChain();
  InsertChain(const InsertChain&) = delete;
  InsertChain& operator=(const InsertChain&) = delete;

  /// Puts an effect into a slot; null empties it. Takes ownership.
  /// @return false, and takes nothing, while the slot still fades or has one to be taken back
  bool replace(std::size_t slot, Insert* insert) noexcept;
  /// Puts one into an empty slot at once. Takes ownership. Before it is heard. [not audio-thread]
  void place(std::size_t slot, Insert* insert) noexcept { slots_[slot].current = insert; }
  /// An effect that has faded out, for another thread to destroy; null when there is none.
  Insert* takeBack() noexcept;
  /// One that could not be handed on.
  void putBack(Insert* insert) noexcept;

  void process(float* left, float* right, std::size_t frames) noexcept;
  /// Frames by which what comes out lags, once every effect is faded in.
  std::size_t latencyFrames() const noexcept;

 private:
  struct Slot {
    Insert* current = nullptr;
    Insert* previous = nullptr;
    Insert* retired = nullptr;
    std::size_t faded = 0;  ///< frames of the crossfade that are done
    bool isFading = false;
  };
  void crossfade(Slot& slot, float* left, float* right, std::size_t frames) noexcept;

  const std::size_t fadeFrames_;
  std::array<Slot, kMostInserts> slots_;
  core::AlignedBuffer<float> before_;  ///< [2][kMostFrames]: what the previous effect makes
};

}  // namespace stemwright::rt
