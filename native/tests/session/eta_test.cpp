#include "session/eta.h"

#include <doctest/doctest.h>

using stemwright::session::EtaEstimator;

TEST_SUITE("session") {
  TEST_CASE("nothing is estimated before something is done") {
    EtaEstimator eta;
    CHECK_FALSE(eta.update(0, 0).has_value());
    CHECK_FALSE(eta.update(0, 5).has_value());
  }

  TEST_CASE("a steady pace gives the exact time left") {
    EtaEstimator eta;
    for (int step = 1; step < 100; ++step) {
      const auto left = eta.update(step / 100.0, 2.0 * step);
      REQUIRE(left.has_value());
      CHECK(*left == doctest::Approx(2.0 * (100 - step)));
    }
    CHECK(eta.update(1, 200).value() == 0);
  }

  TEST_CASE("a machine that slows down to a third shows within a minute") {
    EtaEstimator eta;
    double fraction = 0;
    double seconds = 0;
    while (seconds < 60) eta.update(fraction += 0.001, seconds += 1);
    std::optional<double> left;
    while (seconds < 180) left = eta.update(fraction += 0.001, seconds += 3);
    CHECK(left.value() == doctest::Approx(3000 * (1 - fraction)).epsilon(0.05));
  }

  TEST_CASE("one step of double length moves the estimate by little") {
    EtaEstimator eta;
    double fraction = 0;
    double seconds = 0;
    while (seconds < 60) eta.update(fraction += 0.001, seconds += 1);
    const double steady = eta.update(fraction += 0.001, seconds += 1).value();
    const double disturbed = eta.update(fraction += 0.001, seconds += 2).value();
    CHECK(disturbed == doctest::Approx(steady).epsilon(0.05));
  }
}
