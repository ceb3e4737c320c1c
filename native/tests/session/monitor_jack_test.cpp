#if defined(__linux__)

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <optional>
#include <thread>
#include <vector>

#include "core/thread_pool.h"
#include "session/monitor.h"
#include "session/separation_job.h"
#include "tests/rt/test_song.h"
#include "tests/support/jack_server.h"

using stemwright::core::ErrorCode;
using stemwright::session::Monitor;
using stemwright::session::MonitorSong;
using stemwright::testing::JackClient;
using stemwright::testing::JackServer;
using stemwright::testing::TestSong;

namespace {

/// On a developer's machine what is missing is said; in CI it must not be missing.
bool canRun() {
  if (JackServer::isInstalled()) return true;
  if (std::getenv("CI") != nullptr) FAIL("jackd is missing: apt-get install jackd2");
  MESSAGE("not tested: jackd is missing (apt-get install jackd2)");
  return false;
}

std::unique_ptr<Monitor> openJack(std::size_t inputs) {
  const auto list = stemwright::session::devices();
  REQUIRE(list.ok());
  const auto jack = std::find_if(list.value().begin(), list.value().end(), [](const auto& device) {
    return device.system.find("JACK") != std::string::npos;
  });
  REQUIRE(jack != list.value().end());
  auto monitor = Monitor::open({{.id = jack->id, .inputs = inputs}, false});
  if (!monitor.ok()) FAIL(monitor.error().message);
  return std::move(monitor).value();
}

void waitUntilDone(JackClient& client) {
  REQUIRE(client.wait(std::chrono::seconds(20)));
}

/// Looks until `there()`, at most 20 s.
template <typename There>
bool eventually(There there) {
  for (int i = 0; i < 4000; ++i) {
    if (there()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

/// Until the device has called so many times more.
void waitForBlocks(Monitor& monitor, std::uint64_t count) {
  const std::uint64_t end = monitor.read().engine.blocks + count;
  REQUIRE(eventually([&] { return monitor.read().engine.blocks >= end; }));
}

/// A recording without a gap; a machine that is too busy may need several attempts.
template <typename Attempt>
std::vector<float> recordCleanly(Attempt attempt) {
  for (int i = 0; i < 8; ++i) {
    if (std::optional<std::vector<float>> recorded = attempt()) return *recorded;
  }
  FAIL("this machine is too busy to record without a gap");
  return {};
}

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("through a sound server a mix comes out as the sum of its stems, to −120 dB") {
    if (!canRun()) return;
    const JackServer server;
    const TemporaryFolder folder;
    const TestSong from(folder, 4, 200'000);
    const auto recorded = recordCleanly([&]() -> std::optional<std::vector<float>> {
      JackClient client({}, 40'000);
      const auto monitor = openJack(0);
      CHECK(monitor->rate() == 48000);
      client.connect("Stemwright");
      MonitorSong song;
      for (const auto& track : from.spec.tracks) song.tracks.push_back({track.path, 2});
      song.strips.resize(song.tracks.size());
      song.strips[2].gain = 0.25;
      song.rate = from.spec.rate;
      song.position = 3000;
      REQUIRE(monitor->load(song).ok());
      client.start();
      REQUIRE(monitor->play().ok());
      waitUntilDone(client);
      const auto reading = monitor->read();
      CHECK(reading.device.isRunning);
      CHECK(reading.engine.lateReads == 0);
      if (client.xruns() + reading.device.xruns > 0) return std::nullopt;
      return client.recorded();
    });
    std::size_t start = 0;
    while (start < recorded.size() && recorded[start] == 0 && recorded[start + 1] == 0) start += 2;
    REQUIRE(start + 2 * 20'000 < recorded.size());
    double worst = 0;
    for (std::size_t i = start + 2 * 300; i < recorded.size(); ++i) {
      const std::size_t at = 2 * 3001 + i - start;  // the fade's first frame is silent
      const double expected = double{from.stems[0][at]} + from.stems[1][at] +
                              0.25 * from.stems[2][at] + from.stems[3][at];
      worst = std::max(worst, std::abs(recorded[i] - expected));
    }
    CHECK(20 * std::log10(worst) < -120);
  }

  TEST_CASE("sound goes on without a gap while a separation computes on every core it may have") {
    if (!canRun()) return;
    const JackServer server;
    const TemporaryFolder folder;
    const TestSong from(folder, 2, 200'000);
    std::atomic<std::size_t> done{0};
    stemwright::session::JobPlan plan;
    plan.work = [&](const stemwright::session::SeparationControl& control, const auto&) {
      using Pool = stemwright::core::ThreadPool;
      Pool pool(std::max(1u, std::thread::hardware_concurrency()), Pool::Priority::kBackground);
      while (!control.cancel.requested()) {
        pool.parallelFor(64, [&](std::size_t, unsigned) {
          volatile float x = 1;
          for (int i = 0; i < 100'000; ++i) x = x * 0.999f + 0.001f;
          ++done;
        });
      }
      return stemwright::core::Status(
          stemwright::core::Error{stemwright::core::ErrorCode::kCancelled, "cancelled"});
    };
    auto job = stemwright::session::SeparationJob::start(std::move(plan),
                                                         {[](const auto&) {}, [](const auto&) {}});
    REQUIRE(job.ok());
    recordCleanly([&]() -> std::optional<std::vector<float>> {
      JackClient client({}, 60'000);
      const auto monitor = openJack(0);
      client.connect("Stemwright");
      MonitorSong song;
      for (const auto& track : from.spec.tracks) song.tracks.push_back({track.path, 2});
      song.strips.resize(song.tracks.size());
      song.rate = from.spec.rate;
      REQUIRE(monitor->load(song).ok());
      client.start();
      REQUIRE(monitor->play().ok());
      const std::size_t before = done;
      waitUntilDone(client);
      CHECK(done > before);
      const auto reading = monitor->read();
      CHECK(reading.engine.lateReads == 0);
      if (client.xruns() + reading.device.xruns > 0) return std::nullopt;
      return client.recorded();
    });
    job.value()->cancel();
  }

  TEST_CASE("the live input comes out to the sample, after a lag that stays") {
    if (!canRun()) return;
    const JackServer server;
    const std::vector<float> sound = noise(2 * 20'000, 44);
    const auto recorded = recordCleanly([&]() -> std::optional<std::vector<float>> {
      JackClient client(sound, 24'000);
      const auto monitor = openJack(2);
      CHECK(monitor->inputs() == 2);
      client.connect("Stemwright");
      REQUIRE(monitor->setInput({}).ok());
      waitForBlocks(*monitor, 10);  // the gain is there after 10 ms
      client.start();
      waitUntilDone(client);
      if (client.xruns() + monitor->read().device.xruns > 0) return std::nullopt;
      return client.recorded();
    });
    std::size_t lag = 0;
    while (lag < 2 * 4000 && recorded[lag] != sound[0]) lag += 2;
    REQUIRE(lag < 2 * 4000);
    CHECK(std::equal(sound.begin(), sound.end(),
                     recorded.begin() + static_cast<std::ptrdiff_t>(lag)));
    CHECK(lag / 2 <= 4 * stemwright::testing::kJackFrames);
  }

  TEST_CASE("through a cable the latency is measured, and without one it is not") {
    if (!canRun()) return;
    const JackServer server;
    JackClient cable({}, 0);
    const auto monitor = openJack(1);
    const auto nothing = monitor->measureLatency();
    REQUIRE_FALSE(nothing.ok());
    CHECK(nothing.error().code == ErrorCode::kOutput);
    cable.loopBack("Stemwright");
    std::size_t shortest = SIZE_MAX;
    for (int i = 0; i < 3; ++i) {
      const auto measured = monitor->measureLatency();
      if (!measured.ok()) FAIL(measured.error().message);
      shortest = std::min(shortest, measured.value());
    }
    // What goes out in one period comes in with the next: whole periods, and the fewest is one.
    CHECK(shortest >= stemwright::testing::kJackFrames);
    CHECK(shortest <= 4 * stemwright::testing::kJackFrames);
    CHECK(shortest % stemwright::testing::kJackFrames == 0);
  }

  TEST_CASE("a sound server that goes away is noticed, and found again when it comes back") {
    if (!canRun()) return;
    std::optional<JackServer> server(std::in_place);
    auto monitor = [] {
      const JackClient first({}, 0);  // waits for the server
      return openJack(0);
    }();
    waitForBlocks(*monitor, 4);
    const auto before = stemwright::session::deviceChanges().list;
    server.reset();
    CHECK(eventually([&] { return !monitor->read().device.isRunning; }));
    CHECK(eventually([&] { return stemwright::session::deviceChanges().list > before; }));
    monitor.reset();
    CHECK_FALSE(Monitor::open({{.id = "JACK Audio Connection Kit/system"}, false}).ok());
    server.emplace();
    {
      const JackClient first({}, 0);
      monitor = openJack(0);
    }
    waitForBlocks(*monitor, 4);
    CHECK(monitor->read().device.isRunning);
  }
}

#endif
