#pragma once

#include <cstddef>

#include "core/spsc_ring.h"
#include "dsp/parametric_eq.h"
#include "rt/insert.h"

namespace stemwright::rt {

/// A parametric equaliser. A new curve glides in.
class EqInsert final : public Insert {
 public:
  EqInsert(double rate, const dsp::EqCurve& curve) : eq_(2, rate), curves_(kMostWaiting) {
    eq_.reset(curve);
  }

  /// @return false when the audio thread has not taken the curves before [one thread at a time]
  bool set(const dsp::EqCurve& curve) noexcept { return curves_.push(curve); }
  void process(float* left, float* right, std::size_t frames) noexcept override {
    dsp::EqCurve curve;
    bool isNew = false;
    while (curves_.pop(curve)) isNew = true;
    if (isNew) eq_.setCurve(curve);
    float* const channels[] = {left, right};
    eq_.process(channels, channels, frames);
  }

 private:
  static constexpr std::size_t kMostWaiting = 64;

  dsp::ParametricEq eq_;
  core::SpscRing<dsp::EqCurve> curves_;
};

}  // namespace stemwright::rt
