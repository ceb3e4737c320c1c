#include "session/gpu.h"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include "tests/gpu/test_device.h"
#include "tests/support/tiny_models.h"

namespace stemwright {
namespace {

core::Result<session::PreparedGpu> prepare(bool isTrusted) {
  return session::prepareGpu(
      testing::load(testing::tiny4Config(), testing::kTiny4Seed),
      models::WeightFile::generated(testing::kTiny4Seed), session::NormAlgorithm::kWelford,
      {.device = testing::testDeviceId(), .cacheFolder = "", .isTrusted = isTrusted, .threads = 2});
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("a device that computes as the processor does is accepted, with figures") {
    const auto prepared = testing::valueOf(prepare(false));
    CHECK(prepared.verdict.isAccepted);
    CHECK(prepared.verdict.agreementDb > 80);
    CHECK(prepared.verdict.gpuSeconds > 0);
    CHECK(prepared.verdict.cpuSeconds > 0);
    CHECK(prepared.model != nullptr);
  }

  TEST_CASE("a device that has passed is not compared again") {
    const auto prepared = testing::valueOf(prepare(true));
    CHECK(prepared.verdict.isAccepted);
    CHECK(prepared.verdict.cpuSeconds == 0);
    CHECK(prepared.model != nullptr);
  }

  TEST_CASE("agreement is 0 for garbage, and the power over the error's otherwise") {
    const std::vector<float> expected{1, -1, 1, -1};
    CHECK(session::agreementDb({NAN, -1, 1, -1}, expected) == 0);
    CHECK(session::agreementDb(expected, expected) == 200);
    CHECK(session::agreementDb({1.1f, -1.1f, 1.1f, -1.1f}, expected) ==
          doctest::Approx(20).epsilon(1e-3));
  }

  TEST_CASE("auto takes no software device, and says why there is none") {
    const session::GpuInventory inventory = session::gpuInventory();
    const session::GpuInfo* preferred = session::preferredGpu(inventory);
    if (preferred != nullptr) CHECK(preferred->kind != session::GpuKind::kSoftware);
    CHECK(inventory.devices.empty() != inventory.reason.empty());
  }
}

}  // namespace stemwright
