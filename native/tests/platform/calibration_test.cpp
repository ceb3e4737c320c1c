#include "platform/calibration.h"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/pcm/temporary_folder.h"

namespace stemwright {
namespace {

using platform::Calibration;
using platform::kNever;
using platform::Operation;
using platform::Workload;

/// A device that takes 50 µs to reach and is ten times as fast from there; products of one row
/// are as slow on it as on the processor.
double fakeSeconds(const Workload& work, bool isOnGpu) {
  const double seconds = 1e-9 * static_cast<double>(work.size * work.batch);
  const bool isFast = work.operation != Operation::kMatrixProduct || work.batch > 1;
  if (!isOnGpu) return seconds;
  return 50e-6 + (isFast ? seconds / 10 : seconds);
}

}  // namespace

TEST_SUITE("platform") {
  TEST_CASE("calibration finds from where on the device is faster") {
    const Calibration measured = platform::calibrate(fakeSeconds);
    const auto of = [&](Operation operation) {
      return measured[static_cast<std::size_t>(operation)];
    };
    // 0.9 ns a sample pay for 50 µs from 55,556 samples on.
    CHECK(of(Operation::kFft).size == 65'536);
    CHECK(of(Operation::kFft).batch == 4);
    CHECK(of(Operation::kMatrixProduct).size == kNever);
    CHECK(of(Operation::kMatrixProduct).batch == 64);
    CHECK(of(Operation::kSequential).size == kNever);

    platform::BackendPolicy policy({.hasGpu = true, .calibration = measured});
    const platform::BackendPolicy::Clock::time_point now{};
    CHECK_FALSE(policy.shouldUseGpu({Operation::kFft, 32'768, 1}, now));
    CHECK(policy.shouldUseGpu({Operation::kFft, 65'536, 1}, now));
  }

  TEST_CASE("it is measured once for a machine and a device, and again for others") {
    const TemporaryFolder folder;
    const std::string file = folder.file("calibration");
    int looks = 0;
    const auto counting = [&looks](const Workload& work, bool isOnGpu) {
      ++looks;
      return fakeSeconds(work, isOnGpu);
    };
    const auto measuredLooks = [&](const std::string& key) {
      looks = 0;
      const Calibration got = platform::calibrationFor(file, key, counting);
      CHECK(platform::calibrationText(got) ==
            platform::calibrationText(platform::calibrate(fakeSeconds)));
      return looks;
    };
    CHECK(measuredLooks("this machine, device 1") > 0);
    CHECK(measuredLooks("this machine, device 1") == 0);
    CHECK(measuredLooks("this machine, device 2") > 0);
    std::ofstream(file) << "this machine, device 2\nfft 12 never\nnonsense";
    CHECK(measuredLooks("this machine, device 2") > 0);
    CHECK(measuredLooks("this machine, device 2") == 0);
    CHECK_FALSE(platform::readCalibration("fft 1 -1").has_value());
  }
}

}  // namespace stemwright
