#include "platform/calibration.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace stemwright {
namespace {

using platform::Calibration;
using platform::kNever;
using platform::Operation;
using platform::Workload;

/// A device that takes 5 µs to reach and is ten times as fast from there; products of one row
/// are as slow on it as on the processor.
core::Result<double> fakeSeconds(const Workload& work, bool isOnGpu) {
  const double seconds = 1e-9 * static_cast<double>(work.size * work.batch);
  const bool isFast = work.operation != Operation::kMatrixProduct || work.batch > 1;
  if (!isOnGpu) return seconds;
  return 5e-6 + (isFast ? seconds / 10 : seconds);
}

}  // namespace

TEST_SUITE("platform") {
  TEST_CASE("calibration finds from where on the device is faster") {
    const Calibration measured = platform::calibrate(fakeSeconds).value();
    const auto of = [&](Operation operation) {
      return measured[static_cast<std::size_t>(operation)];
    };
    // 0.9 ns a sample pay for 5 µs from 5,556 samples on.
    CHECK(of(Operation::kFft).size == 8192);
    CHECK(of(Operation::kFft).batch == 4);
    CHECK(of(Operation::kMatrixProduct).size == kNever);
    CHECK(of(Operation::kMatrixProduct).batch == 8);
    CHECK(of(Operation::kSequential).size == kNever);

    platform::BackendPolicy policy({.hasGpu = true});
    const platform::BackendPolicy::Clock::time_point now{};
    CHECK(policy.shouldUseGpu({Operation::kFft, 4096, 1}, now));
    policy.configure({.hasGpu = true, .calibration = measured});
    CHECK_FALSE(policy.shouldUseGpu({Operation::kFft, 4096, 1}, now));
    CHECK(policy.shouldUseGpu({Operation::kFft, 8192, 1}, now));
  }

  TEST_CASE("no more than there is a shader for is asked about, and the first error ends it") {
    std::size_t longest = 0;
    const auto asking = [&](const Workload& work, bool isOnGpu) -> core::Result<double> {
      if (work.operation == Operation::kFft) longest = std::max(longest, work.size);
      if (work.operation == Operation::kConvolution) {
        return core::Error{core::ErrorCode::kCancelled, "cancelled"};
      }
      return fakeSeconds(work, isOnGpu);
    };
    CHECK(platform::calibrate(asking).error().code == core::ErrorCode::kCancelled);
    CHECK(longest == platform::largestSize(Operation::kFft));
  }
}

}  // namespace stemwright
