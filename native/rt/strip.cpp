#include "rt/strip.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <numbers>

#include "rt/limits.h"

namespace stemwright::rt {
namespace {

std::size_t framesOf(double seconds, double rate) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(seconds * rate)));
}

/// Neither NaN nor infinite, nor so large (2^33) that an effect's sums might become it. By the
/// exponent, so that no compiler option can make it always true.
bool allSound(const float* x, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000;
  constexpr std::uint32_t kLeastTooLarge = (127u + 33u) << 23;
  std::uint32_t worst = 0;
  for (std::size_t i = 0; i < count; ++i) {
    worst = std::max(worst, std::bit_cast<std::uint32_t>(x[i]) & kExponent);
  }
  return worst < kLeastTooLarge;
}

void mix(float& left, float& right, const Gains& gains) {
  const float l = left;
  const float r = right;
  left = gains.leftToLeft * l + gains.rightToLeft * r;
  right = gains.leftToRight * l + gains.rightToRight * r;
}

/// A share of the way from one to the other.
Gains between(const Gains& from, const Gains& to, float share) {
  const auto step = [share](float a, float b) { return a + share * (b - a); };
  return {step(from.leftToLeft, to.leftToLeft), step(from.rightToLeft, to.rightToLeft),
          step(from.leftToRight, to.leftToRight), step(from.rightToRight, to.rightToRight)};
}

}  // namespace

Gains gainsOf(double gain, double pan) {
  if (pan == 0) {
    const auto same = static_cast<float>(gain);
    return {same, 0, 0, same};
  }
  const double angle = (pan < 0 ? pan + 1 : pan) * std::numbers::pi / 2;
  const auto kept = static_cast<float>(gain);
  const auto moved = static_cast<float>(gain * std::cos(angle));
  const auto stays = static_cast<float>(gain * std::sin(angle));
  if (pan < 0) return {kept, moved, 0, stays};
  return {moved, 0, stays, kept};
}

Strip::Strip(double rate)
    : rampFrames_(framesOf(kRampSeconds, rate)),
      samples_(2 * kMostFrames),
      inserts_(framesOf(kInsertFadeSeconds, rate)),
      delay_(framesOf(kInsertFadeSeconds, rate)),
      meter_(rate),
      send_(rate, 0) {
  samples_.zero();
}

float* Strip::right() noexcept {
  return samples_.data() + kMostFrames;
}

void Strip::setGains(const Gains& gains) noexcept {
  if (gains == target_) return;
  target_ = gains;
  rampLeft_ = rampFrames_;
}

void Strip::process(std::size_t frames) noexcept {
  muteNonFinite(frames);
  inserts_.process(left(), right(), frames);
  muteNonFinite(frames);
  delay_.process(left(), right(), frames);
  applyGains(frames);
  meter_.process(left(), right(), frames);
}

void Strip::processInto(Strip& bus, std::size_t frames) noexcept {
  process(frames);
  for (std::size_t i = 0; i < frames; ++i) bus.left()[i] += left()[i];
  for (std::size_t i = 0; i < frames; ++i) bus.right()[i] += right()[i];
}

std::size_t Strip::missingLag(std::size_t frames) const noexcept {
  const std::size_t own = inserts_.latencyFrames();
  return frames > own ? frames - own : 0;
}

void Strip::addSend(float* toLeft, float* toRight, std::size_t frames) noexcept {
  const float target = send_.target();
  if (target == 0 && send_.now() == 0) return;
  for (std::size_t i = 0; i < frames; ++i) {
    const float gain = send_.next(target);
    toLeft[i] += gain * left()[i];
    toRight[i] += gain * right()[i];
  }
}

void Strip::muteNonFinite(std::size_t frames) noexcept {
  if (allSound(left(), frames) && allSound(right(), frames)) return;
  std::fill_n(left(), frames, 0.0f);
  std::fill_n(right(), frames, 0.0f);
  ++nonFiniteBlocks_;
}

void Strip::applyGains(std::size_t frames) noexcept {
  float* const l = left();
  float* const r = right();
  std::size_t i = 0;
  for (; i < frames && rampLeft_ > 0; ++i, --rampLeft_) {
    gains_ = between(gains_, target_, 1.0f / static_cast<float>(rampLeft_));
    mix(l[i], r[i], gains_);
  }
  if (rampLeft_ > 0) return;
  gains_ = target_;
  if (gains_ == Gains{}) return;
  for (; i < frames; ++i) mix(l[i], r[i], gains_);
}

}  // namespace stemwright::rt
