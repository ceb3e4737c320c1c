#include "bench/measure.h"

#include <doctest/doctest.h>

#include <chrono>

#include "session/benchmarks.h"

namespace stemwright {

TEST_SUITE("bench") {
  TEST_CASE("work runs twice to warm up and at least five times for the clock") {
    core::CancelFlag cancel;
    unsigned runs = 0;
    const bench::Timing timing = bench::measure(
        [&] {
          ++runs;
          const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(250);
          while (std::chrono::steady_clock::now() < until) {
          }
        },
        cancel);
    CHECK(timing.runs >= 5);
    CHECK(runs == timing.runs + 2);
    CHECK(timing.median > 2.5e-4);
    CHECK(timing.low <= timing.median);
    CHECK(timing.median <= timing.high);
  }

  TEST_CASE("short work is timed in batches") {
    core::CancelFlag cancel;
    unsigned runs = 0;
    const bench::Timing timing = bench::measure([&] { ++runs; }, cancel);
    CHECK(runs > 100 * timing.runs);
    CHECK(timing.median < 1e-5);
  }

  TEST_CASE("a raised flag ends the measurement") {
    core::CancelFlag cancel;
    unsigned runs = 0;
    bench::measure(
        [&] {
          if (++runs == 3) cancel.request();
        },
        cancel);
    CHECK(runs == 3);
  }

  TEST_CASE("a convolution tells its load, its longest block and its latency") {
    const core::CancelFlag cancel;
    const auto result = session::runBenchmark("convolution uniform, block 512, 0.5 s", 1, cancel);
    REQUIRE(result.ok());
    REQUIRE(result.value().size() == 3);
    CHECK(result.value()[0].unit == "% of real time");
    CHECK(result.value()[0].median > 0);
    CHECK(result.value()[0].median < 100);
    CHECK(result.value()[1].median > 0);
    CHECK(result.value()[2].median == 512);
  }

  TEST_CASE("each benchmark runs by its name, and others are refused") {
    core::CancelFlag cancel;
    cancel.request();
    REQUIRE_FALSE(session::benchmarkNames().empty());
    for (const std::string& name : session::benchmarkNames()) {
      const auto result = session::runBenchmark(name, 1, cancel);
      REQUIRE_FALSE(result.ok());
      CHECK(result.error().code == core::ErrorCode::kCancelled);
    }
    const auto unknown = session::runBenchmark("no such thing", 1, cancel);
    REQUIRE_FALSE(unknown.ok());
    CHECK(unknown.error().code == core::ErrorCode::kInvalidArgument);
  }
}

}  // namespace stemwright
