#include "rt/transport.h"

#include <cmath>

namespace stemwright::rt {

void Transport::setLength(std::int64_t frames) noexcept {
  length_ = frames;
  loopStart_ = loopEnd_ = 0;
  position_ = std::clamp<std::int64_t>(position_, 0, frames);
}

void Transport::changePace(std::int64_t frames, double scale) noexcept {
  const auto moved = [scale](std::int64_t frame) {
    return std::llround(static_cast<double>(frame) * scale);
  };
  const std::int64_t start = moved(loopStart_);
  const std::int64_t end = moved(loopEnd_);
  length_ = frames;
  position_ = std::clamp<std::int64_t>(moved(position()), 0, frames);
  hasPendingSeek_ = false;
  isRunning_ = false;
  isUnderWay_ = false;
  tailCount_ = 0;
  gain_ = 0;
  loop(start, end);
}

void Transport::seek(std::int64_t frame) noexcept {
  pendingSeek_ = std::clamp<std::int64_t>(frame, 0, length_);
  hasPendingSeek_ = true;
}

void Transport::loop(std::int64_t start, std::int64_t end) noexcept {
  start = std::clamp<std::int64_t>(start, 0, length_);
  end = std::clamp<std::int64_t>(end, 0, length_);
  const bool isLongEnough = end - start >= 2 * fade_;
  loopStart_ = isLongEnough ? start : 0;
  loopEnd_ = isLongEnough ? end : 0;
}

std::array<std::int64_t, kMostFading> Transport::fading() const noexcept {
  std::array<std::int64_t, kMostFading> positions{};
  positions.fill(-1);
  for (std::size_t i = 0; i < tailCount_; ++i) positions[i] = tails_[i].position;
  if (hasPendingSeek_ && isRunning_ && tailCount_ < kMostTails) positions[tailCount_] = position_;
  return positions;
}

void Transport::jumpTo(std::int64_t frame) noexcept {
  if (isRunning_) fadeOut();
  position_ = frame;
}

/// What sounds goes on as a tail.
void Transport::fadeOut() noexcept {
  isRunning_ = false;
  if (gain_ <= 0) return;
  if (tailCount_ == kMostTails) {
    std::move(tails_.begin() + 1, tails_.end(), tails_.begin());
    --tailCount_;
  }
  tails_[tailCount_++] = {position_, gain_};
  gain_ = 0;
}

/// Frames until a gain on its way has come to 0 or 1, at least one.
std::int64_t Transport::framesToRamp(float gain, float target) const noexcept {
  const float frames = std::ceil(std::abs(target - gain) / step_ - 0.5f);
  return std::max<std::int64_t>(1, static_cast<std::int64_t>(frames));
}

}  // namespace stemwright::rt
