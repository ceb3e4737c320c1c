#include "core/memory_usage.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace stemwright {

using core::MemoryClaim;
using core::MemoryOwner;
using core::PressureLevel;

TEST_SUITE("core") {
  TEST_CASE("claims add up by owner for as long as they live") {
    const auto pools = [] {
      return core::memoryUsage().owners[static_cast<std::size_t>(MemoryOwner::kPools)];
    };
    const core::MemoryUsage before = core::memoryUsage();
    const std::size_t start = pools().current;
    {
      MemoryClaim first(MemoryOwner::kPools, 1000);
      MemoryClaim second = std::move(first);
      CHECK(first.bytes() == 0);
      CHECK(pools().current == start + 1000);
      second.resize(5000);
      MemoryClaim third(MemoryOwner::kPools, 10);
      third = std::move(second);
      CHECK(pools().current == start + 5000);
      CHECK(core::memoryUsage().all.current == before.all.current + 5000);
    }
    CHECK(pools().current == start);
    CHECK(pools().peak >= start + 5000);
    core::resetMemoryPeaks();
    CHECK(pools().peak == start);
  }

  TEST_CASE("when memory is short those who can give some back are asked, as long as they live") {
    std::vector<PressureLevel> asked;
    {
      const core::PressureRelief relief([&](PressureLevel level) -> std::size_t {
        asked.push_back(level);
        return 70;
      });
      const core::PressureRelief other([](PressureLevel) -> std::size_t { return 7; });
      CHECK(core::relievePressure(PressureLevel::kWarning) == 77);
    }
    CHECK(core::relievePressure(PressureLevel::kCritical) == 0);
    CHECK(asked == std::vector{PressureLevel::kWarning});
  }
}

}  // namespace stemwright
