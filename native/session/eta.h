#pragma once

#include <optional>

namespace stemwright::session {

/// Time left, from the speed of the recent past: older progress counts less and less, by a factor
/// e per kMemorySeconds, so that a machine that slows down shows soon and one slow step does not.
class EtaEstimator {
 public:
  static constexpr double kMemorySeconds = 30;

  /// @param fraction of the work that is done, rising to 1
  /// @param seconds  since the work began
  /// @return seconds left; empty while no speed is known
  std::optional<double> update(double fraction, double seconds);

 private:
  double fraction_ = 0;
  double seconds_ = 0;
  double recentFraction_ = 0;
  double recentSeconds_ = 0;
};

}  // namespace stemwright::session
