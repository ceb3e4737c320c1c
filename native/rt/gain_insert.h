#pragma once

#include <cstddef>

#include "rt/insert.h"
#include "rt/ramp.h"

namespace stemwright::rt {

/// A gain, without zipper noise.
class GainInsert final : public Insert {
 public:
  GainInsert(double rate, float gain) : gain_(rate, gain) {}

  /// Linear. [thread-safe]
  void set(float gain) noexcept { gain_.set(gain); }
  void process(float* left, float* right, std::size_t frames) noexcept override {
    const float target = gain_.target();
    for (std::size_t i = 0; i < frames; ++i) {
      const float gain = gain_.next(target);
      left[i] *= gain;
      right[i] *= gain;
    }
  }

 private:
  Ramp gain_;
};

}  // namespace stemwright::rt
