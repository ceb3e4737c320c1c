#include "platform/backend_policy.h"

#include <doctest/doctest.h>

namespace stemwright {

using platform::BackendPolicy;
using platform::BackendReason;
using platform::HardwareState;
using platform::Operation;
using platform::ThermalState;
using platform::Workload;
using namespace std::chrono_literals;

TEST_SUITE("platform") {
  TEST_CASE("the size decides, by the guide until something is measured") {
    const BackendPolicy policy({.hasGpu = true});
    const BackendPolicy::Clock::time_point now{};
    const auto gpu = [&](Operation operation, std::size_t size, std::size_t batch = 1) {
      return policy.shouldUseGpu({operation, size, batch}, now);
    };
    CHECK_FALSE(gpu(Operation::kFft, 2048));
    CHECK(gpu(Operation::kFft, 4096));
    CHECK(gpu(Operation::kFft, 512, 64));
    CHECK_FALSE(gpu(Operation::kMatrixProduct, 1 << 20, 3));
    CHECK(gpu(Operation::kMatrixProduct, 1 << 20, 4));
    CHECK_FALSE(gpu(Operation::kConvolution, 65));
    CHECK(gpu(Operation::kConvolution, 16'000));
    CHECK(gpu(Operation::kConvolution, 65, 8));
    CHECK_FALSE(gpu(Operation::kSequential, 1 << 30, 1000));
    CHECK_FALSE(gpu(Operation::kFilter, 1 << 30, 1000));
  }

  TEST_CASE("a measured crossover replaces the guide's") {
    BackendPolicy::Options options{.hasGpu = true};
    options.calibration[static_cast<std::size_t>(Operation::kFft)] = {16'384, platform::kNever};
    const BackendPolicy policy(options);
    CHECK_FALSE(policy.shouldUseGpu({Operation::kFft, 8192, 1000}, {}));
    CHECK(policy.shouldUseGpu({Operation::kFft, 16'384, 1}, {}));
  }

  TEST_CASE("without a GPU, everything stays on the processor and says why") {
    const BackendPolicy policy({});
    CHECK_FALSE(policy.shouldUseGpu({Operation::kFft, 1 << 20, 64}, {}));
    CHECK(policy.reason({}) == BackendReason::kNoGpu);
  }

  TEST_CASE(
      "heat, power saving and battery drive work off at once; it returns after a quiet while") {
    const Workload large{Operation::kFft, 1 << 16, 1};
    struct Case {
      HardwareState state;
      BackendReason reason;
    };
    for (const Case& each : {Case{{.thermal = ThermalState::kSerious}, BackendReason::kHot},
                             Case{{.thermal = ThermalState::kCritical}, BackendReason::kHot},
                             Case{{.lowPower = true}, BackendReason::kLowPower},
                             Case{{.onBattery = true}, BackendReason::kOnBattery}}) {
      BackendPolicy policy({.hasGpu = true, .useGpuOnBattery = false});
      const auto start = BackendPolicy::Clock::time_point{} + 1h;
      CHECK(policy.shouldUseGpu(large, start));
      policy.observe(each.state, start);
      CHECK_FALSE(policy.shouldUseGpu(large, start));
      CHECK(policy.reason(start) == each.reason);
      policy.observe({}, start + 10s);
      CHECK_FALSE(policy.shouldUseGpu(large, start + 39s));
      CHECK(policy.reason(start + 39s) == each.reason);
      policy.observe(each.state, start + 39s);
      policy.observe({}, start + 41s);
      CHECK_FALSE(policy.shouldUseGpu(large, start + 70s));
      policy.observe({}, start + 71s);
      CHECK(policy.shouldUseGpu(large, start + 71s));
      CHECK(policy.reason(start + 71s) == BackendReason::kFree);
    }
    BackendPolicy anywhere({.hasGpu = true});
    anywhere.observe({.thermal = ThermalState::kFair, .onBattery = true}, {});
    CHECK(anywhere.shouldUseGpu(large, {}));
  }

  TEST_CASE("a lost device is not used until it has been back for a while") {
    BackendPolicy policy({.hasGpu = true});
    const auto start = BackendPolicy::Clock::time_point{} + 1h;
    policy.deviceLost(start);
    CHECK(policy.reason(start + 1h) == BackendReason::kDeviceLost);
    policy.deviceBack(start + 1h);
    CHECK_FALSE(policy.shouldUseGpu({Operation::kFft, 8192, 1}, start + 1h));
    CHECK(policy.shouldUseGpu({Operation::kFft, 8192, 1}, start + 1h + 30s));
  }
}

}  // namespace stemwright
