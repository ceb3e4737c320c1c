#include "session/machine.h"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <vector>

#include "tests/pcm/temporary_folder.h"

#if defined(__linux__)
namespace stemwright {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

/// A machine that the engine takes for the real one as long as this lives.
class MadeMachine {
 public:
  MadeMachine() {
    setMemory(8'000'000);
    put("sys/class/thermal/thermal_zone0/trip_point_0_type", "passive");
    put("sys/class/thermal/thermal_zone0/trip_point_0_temp", "90000");
    setHeat(40'000);
    setenv("STEMWRIGHT_MACHINE", folder_.file("").c_str(), 1);
  }
  ~MadeMachine() { unsetenv("STEMWRIGHT_MACHINE"); }

  void setHeat(int milliDegrees) {
    put("sys/class/thermal/thermal_zone0/temp", std::to_string(milliDegrees));
  }
  void setMemory(int availableKilobytes) {
    put("proc/meminfo",
        "MemTotal: 16000000 kB\nMemAvailable: " + std::to_string(availableKilobytes) + " kB");
  }

 private:
  /// At once, so that nobody reads half of it.
  void put(const std::string& path, const std::string& text) {
    const fs::path place = fs::path(folder_.file("")) / path;
    fs::create_directories(place.parent_path());
    std::ofstream(place.string() + ".new") << text << "\n";
    fs::rename(place.string() + ".new", place);
  }

  TemporaryFolder folder_;
};

}  // namespace

TEST_SUITE("session") {
  TEST_CASE("heat and want of memory are told, act on the backend and shrink caches in a second") {
    static_assert(session::MachineWatch::kInterval < 500ms);
    MadeMachine machine;
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<session::MachineReport> told;
    std::vector<core::PressureLevel> relieved;
    const core::PressureRelief cache([&](core::PressureLevel level) -> std::size_t {
      const std::lock_guard lock(mutex);
      relieved.push_back(level);
      return 1;
    });
    session::WatchOptions options;
    options.backend.hasGpu = true;
    const session::MachineWatch watch(options, [&](const session::MachineReport& report) {
      const std::lock_guard lock(mutex);
      told.push_back(report);
      changed.notify_all();
    });
    const auto waitFor = [&](auto condition) {
      std::unique_lock lock(mutex);
      CHECK(changed.wait_for(lock, 10s, condition));
    };
    const platform::Workload large{platform::Operation::kFft, 8192, 1};
    waitFor([&] { return told.size() == 1; });
    CHECK(told.back().mayUseGpu);
    CHECK(watch.shouldUseGpu(large));

    machine.setHeat(95'000);
    waitFor([&] { return told.back().state.thermal == platform::ThermalState::kSerious; });
    CHECK_FALSE(watch.shouldUseGpu(large));
    CHECK(watch.report().reason == "the machine is hot");

    machine.setMemory(1'000'000);
    waitFor([&] { return told.back().state.pressure == core::PressureLevel::kWarning; });
    machine.setMemory(100'000);
    waitFor([&] { return told.back().state.pressure == core::PressureLevel::kCritical; });
    CHECK(relieved == std::vector{core::PressureLevel::kWarning, core::PressureLevel::kCritical});
  }

  TEST_CASE("without a GPU all goes to the processor, and the report says why") {
    const session::MachineWatch watch({}, nullptr);
    CHECK_FALSE(watch.shouldUseGpu({platform::Operation::kFft, 1 << 20, 1000}));
    CHECK(watch.report().reason == "no GPU");
  }
}

}  // namespace stemwright
#endif
