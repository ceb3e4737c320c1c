#pragma once

#include <atomic>
#include <cstddef>

#include "dsp/true_peak_limiter.h"
#include "rt/insert.h"

namespace stemwright::rt {

/// Keeps true peaks below a ceiling; for the end of the master's chain.
class LimiterInsert final : public Insert {
 public:
  LimiterInsert(double rate, double ceilingDb)
      : limiter_({.channels = 2, .rate = rate, .ceilingDb = ceilingDb}),
        ceilingDb_(ceilingDb),
        wantedDb_(ceilingDb) {}

  /// [thread-safe]
  void setCeiling(double db) noexcept { wantedDb_.store(db, std::memory_order_relaxed); }
  /// What it takes off now, dB, at most 0. [thread-safe]
  float reductionDb() const noexcept { return limiter_.reductionDb(); }
  void process(float* left, float* right, std::size_t frames) noexcept override {
    const double wanted = wantedDb_.load(std::memory_order_relaxed);
    if (wanted != ceilingDb_) limiter_.setCeiling(ceilingDb_ = wanted);
    float* const channels[] = {left, right};
    limiter_.process(channels, frames);
  }
  std::size_t latencyFrames() const noexcept override { return limiter_.latency(); }

 private:
  dsp::TruePeakLimiter limiter_;
  double ceilingDb_;
  std::atomic<double> wantedDb_;
};

}  // namespace stemwright::rt
