#include "core/trace.h"

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/allocations.h"

namespace stemwright {

using core::TraceRegion;

TEST_SUITE("core") {
  TEST_CASE("regions are recorded with their thread and their nesting, and only when asked for") {
    { const TraceRegion unseen("unseen"); }
    core::startTrace(100);
    const std::size_t before = testing::allocations();
    {
      const TraceRegion outer("outer");
      const TraceRegion inner("inner");
    }
    CHECK(testing::allocations() == before);
    std::thread([] { const TraceRegion other("other"); }).join();
    const core::Trace trace = core::takeTrace();
    CHECK_FALSE(core::isTracing());
    { const TraceRegion late("late"); }
    REQUIRE(trace.events.size() == 3);
    CHECK(trace.dropped == 0);
    const core::TraceEvent& inner = trace.events[0];
    const core::TraceEvent& outer = trace.events[1];
    CHECK(std::string(inner.name) == "inner");
    CHECK(outer.start <= inner.start);
    CHECK(inner.start <= inner.end);
    CHECK(inner.end <= outer.end);
    CHECK(outer.end <= trace.now);
    CHECK(inner.thread == outer.thread);
    CHECK(trace.events[2].thread != outer.thread);
  }

  TEST_CASE("what there is no room for is counted; threads may write while a trace ends") {
    core::startTrace(10);
    std::vector<std::thread> threads;
    for (int t = 0; t < 3; ++t) {
      threads.emplace_back([] {
        for (int i = 0; i < 100; ++i) const TraceRegion region("work");
      });
    }
    for (std::thread& thread : threads) thread.join();
    const core::Trace full = core::takeTrace();
    CHECK(full.events.size() == 10);
    CHECK(full.dropped == 290);

    std::atomic<bool> isOver{false};
    std::thread writer([&] {
      while (!isOver) const TraceRegion region("work");
    });
    for (int round = 0; round < 50; ++round) {
      core::startTrace(50);
      CHECK(core::takeTrace().events.size() <= 50);
    }
    isOver = true;
    writer.join();
  }
}

}  // namespace stemwright
