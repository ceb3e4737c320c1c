#include "dsp/parametric_eq.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <string>

namespace stemwright::dsp {
namespace {

constexpr double kGlideSeconds = 0.02;
/// Frames between changes of coefficients.
constexpr std::size_t kStepFrames = 4;

StateVariable between(const StateVariable& a, const StateVariable& b, double share) {
  return {std::lerp(a.g, b.g, share), std::lerp(a.k, b.k, share), std::lerp(a.m0, b.m0, share),
          std::lerp(a.m1, b.m1, share), std::lerp(a.m2, b.m2, share)};
}

}  // namespace

core::Result<EqCurve> EqCurve::of(std::span<const EqBand> bands, double rate) {
  if (bands.size() > kMostBands) {
    return core::Error{core::ErrorCode::kInvalidArgument,
                       "an equaliser has " + std::to_string(kMostBands) + " bands at most"};
  }
  EqCurve curve;
  for (std::size_t b = 0; b < bands.size(); ++b) {
    if (!bands[b].isOn) continue;
    FilterDesign design = bands[b].filter;
    design.frequency = std::min(design.frequency, 0.49 * rate);
    const auto biquad = designBiquad(design, rate);
    if (!biquad.ok()) return biquad.error();
    curve.bands[b] = StateVariable::of(biquad.value());
  }
  return curve;
}

ParametricEq::ParametricEq(std::size_t channels, double rate, const kernels::Kernels& level)
    : bank_(channels, EqCurve::kMostBands, level),
      stepsPerGlide_(std::max<std::size_t>(
          1, static_cast<std::size_t>(kGlideSeconds * rate / static_cast<double>(kStepFrames)))) {
  assert(channels >= 1 && channels <= kMostChannels);
}

void ParametricEq::setCurve(const EqCurve& curve) noexcept {
  from_ = now_;
  to_ = curve;
  stepsLeft_ = stepsPerGlide_;
}

void ParametricEq::reset(const EqCurve& curve) noexcept {
  from_ = to_ = now_ = curve;
  stepsLeft_ = 0;
  untilStep_ = 0;
  bank_.reset();
  for (std::size_t b = 0; b < EqCurve::kMostBands; ++b) bank_.set(b, now_.bands[b]);
}

void ParametricEq::process(const float* const* in, float* const* out, std::size_t frames) noexcept {
  std::array<const float*, kMostChannels> from{};
  std::array<float*, kMostChannels> to{};
  for (std::size_t done = 0; done < frames;) {
    if (untilStep_ == 0) step();
    const std::size_t count = stepsLeft_ == 0 ? frames - done : std::min(frames - done, untilStep_);
    for (std::size_t c = 0; c < bank_.channels(); ++c) {
      from[c] = in[c] + done;
      to[c] = out[c] + done;
    }
    bank_.process(from.data(), to.data(), count);
    untilStep_ -= std::min(untilStep_, count);
    done += count;
  }
}

void ParametricEq::step() noexcept {
  untilStep_ = kStepFrames;
  if (stepsLeft_ == 0) return;
  --stepsLeft_;
  const double share = 1 - static_cast<double>(stepsLeft_) / static_cast<double>(stepsPerGlide_);
  for (std::size_t b = 0; b < EqCurve::kMostBands; ++b) {
    now_.bands[b] = between(from_.bands[b], to_.bands[b], share);
    bank_.set(b, now_.bands[b]);
  }
}

}  // namespace stemwright::dsp
