#include "bench/measure.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

#include "core/thread_pool.h"
#include "session/benchmarks.h"

namespace stemwright {
namespace {

std::vector<char> kept;

void spin(int microseconds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(microseconds);
  while (std::chrono::steady_clock::now() < until) {
  }
}

}  // namespace

TEST_SUITE("bench") {
  TEST_CASE("work runs twice to warm up and at least five times for the clock") {
    core::CancelFlag cancel;
    unsigned runs = 0;
    const bench::Timing timing = bench::measure(
        [&] {
          ++runs;
          spin(250);
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

  TEST_CASE("allocations of one run are counted, those of a pool's workers too") {
    const core::CancelFlag cancel;
    core::ThreadPool pool(2);
    std::size_t sizes[8]{};
    const auto allocates = [&](std::size_t index, unsigned) {
      const std::vector<char> some(index + 1);
      sizes[index] = some.size();
    };
    CHECK(bench::measure([&] { pool.parallelFor(8, allocates); }, cancel).allocations == 8);
    CHECK(bench::measure([&] { sizes[0] = 1; }, cancel).allocations == 0);
  }

  TEST_CASE("an allocation in some runs only is told as one") {
    const core::CancelFlag cancel;
    unsigned runs = 0;
    const bench::Timing timing = bench::measure(
        [&] {
          if (++runs % 64 == 0) std::vector<char>(64).swap(kept);
        },
        cancel);
    CHECK(timing.allocations == 1);
  }

  TEST_CASE("two pieces of work are timed in turn") {
    const core::CancelFlag cancel;
    std::string order;
    const auto pair = bench::measureInTurn(
        [&] {
          order += 'a';
          spin(300);
        },
        [&] {
          order += 'b';
          spin(600);
        },
        0.001, cancel);
    CHECK(order.substr(0, 10) == "aabbababab");
    CHECK(pair.first.runs == 15);
    CHECK(pair.second.runs == 15);
    CHECK(pair.first.median > 2.9e-4);
    CHECK(pair.second.median > 5.9e-4);
  }

  TEST_CASE("the noise floor is a share") {
    const core::CancelFlag cancel;
    const auto checks = session::runBenchmark("noise floor", 1, cancel);
    REQUIRE(checks.ok());
    CHECK(checks.value()[0].unit == "%");
    CHECK(checks.value()[0].median >= 0);
  }

  TEST_CASE("handing work over is measured with a slot free and with none") {
    const core::CancelFlag cancel;
    const auto result = session::runBenchmark("async, tryExecuteAsync", 1, cancel);
    REQUIRE(result.ok());
    REQUIRE(result.value().size() == 2);
    CHECK(result.value()[0].median > 0);
    CHECK(result.value()[1].median > 0);
    CHECK(result.value()[1].allocations == 0);
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
