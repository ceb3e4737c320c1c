#include "session/eta.h"

#include <cmath>

namespace stemwright::session {

std::optional<double> EtaEstimator::update(double fraction, double seconds) {
  const double elapsed = seconds - seconds_;
  const double kept = std::exp(-elapsed / kMemorySeconds);
  recentFraction_ = recentFraction_ * kept + (fraction - fraction_);
  recentSeconds_ = recentSeconds_ * kept + elapsed;
  fraction_ = fraction;
  seconds_ = seconds;
  if (fraction >= 1) return 0;
  if (recentFraction_ <= 0 || recentSeconds_ <= 0) return std::nullopt;
  return (1 - fraction) * recentSeconds_ / recentFraction_;
}

}  // namespace stemwright::session
