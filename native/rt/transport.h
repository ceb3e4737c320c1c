#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

namespace stemwright::rt {

/// A run of a song's frames in a block, under a straight line of gain.
struct Segment {
  std::size_t at = 0;     ///< first frame within the block
  std::size_t count = 0;  ///< frames
  std::int64_t from = 0;  ///< first frame of the song
  float gain = 1;         ///< of the first frame
  float step = 0;         ///< added from frame to frame
};

/// Of a stop, of a seek and of the loop's jump.
inline constexpr std::size_t kMostFading = 3;

/// Lays a song's time out over blocks: play, pause, seek and loop, each exact to the frame. What
/// would jump is crossfaded instead: the old place fades out while the new one fades in. When the
/// song's sound is late it fades out while it still can, and time stands still until it is there.
/// [one thread: the audio thread]
class Transport {
 public:
  /// @param fadeFrames of a crossfade; a loop is at least twice as long
  explicit Transport(std::size_t fadeFrames)
      : fade_(static_cast<std::int64_t>(std::max<std::size_t>(fadeFrames, 1))),
        step_(1.0f / static_cast<float>(fade_)) {}

  /// A song of so many frames. Only when isSilent().
  void setLength(std::int64_t frames) noexcept;
  /// The same song at another pace, of so many frames: each place is now at `scale` times where it
  /// was. What plays begins anew there, fading in; it is another's to fade out what sounded.
  void changePace(std::int64_t frames, double scale) noexcept;
  void play() noexcept { wantsPlay_ = true; }
  void pause() noexcept { wantsPlay_ = false; }
  void seek(std::int64_t frame) noexcept;
  /// Jumps back to `start` whenever it comes to `end`; a range that is too short means no loop.
  void loop(std::int64_t start, std::int64_t end) noexcept;

  std::int64_t position() const noexcept { return hasPendingSeek_ ? pendingSeek_ : position_; }
  std::int64_t loopStart() const noexcept { return loopStart_; }
  std::int64_t loopEnd() const noexcept { return loopEnd_; }
  bool isPlaying() const noexcept { return wantsPlay_; }
  /// Standing still because the song's sound is not there.
  bool isWaiting() const noexcept { return isWaiting_; }
  /// Nothing sounds or fades.
  bool isSilent() const noexcept { return !isRunning_ && tailCount_ == 0; }
  std::int64_t fadeFrames() const noexcept { return fade_; }
  /// Where what fades out is in the song, and what plays on until a seek can be made; −1 for each
  /// that is not.
  std::array<std::int64_t, kMostFading> fading() const noexcept;
  /// Times that time stood still in the middle of playing.
  std::uint64_t lateReads() const noexcept { return lateReads_; }

  /// @param readyFrames (frame) -> how many frames from there on are in memory, as far as it has
  ///     looked; frames past the end of the song count as there
  /// @param emit        (Segment), for each run of frames that sounds; runs of a crossfade overlap
  template <typename ReadyFrames, typename Emit>
  void advance(std::size_t frames, ReadyFrames readyFrames, Emit emit);

 private:
  struct Tail {
    std::int64_t position;
    float gain;
  };
  static constexpr std::size_t kMostTails = kMostFading;

  void jumpTo(std::int64_t frame) noexcept;
  void fadeOut() noexcept;
  std::int64_t framesToRamp(float gain, float target) const noexcept;

  /// What is to happen before the next frame: starts, stops and jumps.
  template <typename ReadyFrames>
  std::int64_t settle(ReadyFrames& readyFrames);
  template <typename Emit>
  void emitTails(std::size_t at, std::int64_t count, Emit& emit);

  std::int64_t fade_;
  float step_;
  std::int64_t length_ = 0;
  std::int64_t loopStart_ = 0;
  std::int64_t loopEnd_ = 0;
  std::int64_t position_ = 0;
  std::int64_t pendingSeek_ = 0;
  bool hasPendingSeek_ = false;
  bool wantsPlay_ = false;
  bool isRunning_ = false;
  bool isWaiting_ = false;
  bool isUnderWay_ = false;  ///< has sounded since it was last put somewhere
  float gain_ = 0;
  std::array<Tail, kMostTails> tails_{};
  std::size_t tailCount_ = 0;
  std::uint64_t lateReads_ = 0;
};

template <typename ReadyFrames>
std::int64_t Transport::settle(ReadyFrames& readyFrames) {
  if (hasPendingSeek_ && tailCount_ == 0) {
    hasPendingSeek_ = false;
    isUnderWay_ = false;
    jumpTo(pendingSeek_);
  }
  const bool mayStart = isRunning_ || tailCount_ < kMostTails - 1;
  if (isRunning_ && position_ == loopEnd_ && loopEnd_ > loopStart_) jumpTo(loopStart_);
  if (isRunning_ && position_ >= length_) {
    wantsPlay_ = false;
    isRunning_ = false;
  }
  if (isRunning_ && !wantsPlay_) fadeOut();
  isWaiting_ = false;
  if (position_ >= length_) wantsPlay_ = false;
  if (!wantsPlay_ || !mayStart) return 0;
  // Enough must be there to fade out with, should the rest be late.
  const std::int64_t ready = readyFrames(position_) - fade_;
  if (ready > 0) {
    isRunning_ = true;
    isUnderWay_ = true;
    return ready;
  }
  if (isUnderWay_) ++lateReads_;
  isUnderWay_ = false;
  if (isRunning_) fadeOut();
  isWaiting_ = true;
  return 0;
}

template <typename ReadyFrames, typename Emit>
void Transport::advance(std::size_t frames, ReadyFrames readyFrames, Emit emit) {
  std::size_t at = 0;
  while (at < frames) {
    auto count = static_cast<std::int64_t>(frames - at);
    const std::int64_t ready = settle(readyFrames);
    if (isSilent()) return;
    for (std::size_t i = 0; i < tailCount_; ++i) {
      count = std::min(count, framesToRamp(tails_[i].gain, 0));
    }
    if (isRunning_) {
      count = std::min({count, ready, length_ - position_});
      if (position_ < loopEnd_) count = std::min(count, loopEnd_ - position_);
      if (gain_ < 1) count = std::min(count, framesToRamp(gain_, 1));
    }
    emitTails(at, count, emit);
    if (isRunning_) {
      emit(Segment{at, static_cast<std::size_t>(count), position_, gain_, gain_ < 1 ? step_ : 0});
      position_ += count;
      if (gain_ < 1) gain_ += step_ * static_cast<float>(count);
      if (gain_ > 1 - step_ / 2) gain_ = 1;
    }
    at += static_cast<std::size_t>(count);
  }
}

template <typename Emit>
void Transport::emitTails(std::size_t at, std::int64_t count, Emit& emit) {
  std::size_t left = 0;
  for (std::size_t i = 0; i < tailCount_; ++i) {
    Tail tail = tails_[i];
    emit(Segment{at, static_cast<std::size_t>(count), tail.position, tail.gain, -step_});
    tail.position += count;
    tail.gain -= step_ * static_cast<float>(count);
    if (tail.gain > step_ / 2) tails_[left++] = tail;
  }
  tailCount_ = left;
}

}  // namespace stemwright::rt
