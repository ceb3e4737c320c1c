#include "platform/hardware.h"

#include <doctest/doctest.h>

#include <fstream>
#include <vector>

#include "tests/pcm/temporary_folder.h"

namespace stemwright {
namespace {

using platform::HardwareState;
using platform::MemoryPressure;
using platform::ThermalState;
namespace fs = std::filesystem;

/// A machine's /proc and /sys.
class Machine {
 public:
  Machine() {
    put("proc/meminfo",
        "MemTotal:       16000000 kB\nMemFree: 1 kB\nMemAvailable:    8000000 kB\n");
    put("proc/pressure/memory", pressure(0, 0));
  }
  fs::path root() const { return folder_.file(""); }
  HardwareState state() const { return platform::linuxState(root()); }

  void put(const std::string& path, const std::string& text) {
    fs::create_directories((root() / path).parent_path());
    std::ofstream(root() / path) << text << "\n";
  }
  static std::string pressure(int some, int full) {
    return "some avg10=" + std::to_string(some) +
           ".50 avg60=0.00 avg300=0.00 total=1\nfull avg10=" + std::to_string(full) +
           ".00 avg60=0.00 avg300=0.00 total=1\n";
  }

 private:
  TemporaryFolder folder_;
};

}  // namespace

TEST_SUITE("platform") {
  TEST_CASE("a processor's cores and caches") {
    Machine machine;
    machine.put("proc/cpuinfo", "processor\t: 0\nmodel name\t: Some CPU @ 2 GHz\n");
    for (const int cpu : {0, 1, 2, 3}) {
      const std::string folder = "sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/";
      machine.put(folder + "core_id", std::to_string(cpu / 2));
      machine.put(folder + "physical_package_id", "0");
    }
    machine.put("sys/devices/system/cpu/cpuidle/current_driver", "none");
    const std::string cache = "sys/devices/system/cpu/cpu0/cache/index";
    const std::vector<std::vector<std::string>> caches{{"1", "Data", "48K"},
                                                       {"1", "Instruction", "32K"},
                                                       {"2", "Unified", "2048K"},
                                                       {"3", "Unified", "16384K"}};
    for (std::size_t i = 0; i < caches.size(); ++i) {
      machine.put(cache + std::to_string(i) + "/level", caches[i][0]);
      machine.put(cache + std::to_string(i) + "/type", caches[i][1]);
      machine.put(cache + std::to_string(i) + "/size", caches[i][2]);
    }
    const platform::HardwareProfile profile = platform::linuxProfile(machine.root());
    CHECK(profile.cpu == "Some CPU @ 2 GHz");
    CHECK(profile.logicalCores == 4);
    CHECK(profile.physicalCores == 2);
    CHECK(profile.l1DataBytes == 48 << 10);
    CHECK(profile.l2Bytes == 2 << 20);
    CHECK(profile.l3Bytes == 16 << 20);
    CHECK(profile.memoryBytes == 16'000'000ull * 1024);
  }

  TEST_CASE("a machine that tells nothing is calm, and nothing is made up") {
    const TemporaryFolder empty;
    CHECK(platform::linuxState(empty.file("")) == HardwareState{});
    CHECK(platform::linuxProfile(empty.file("")).cpu.empty());
  }

  TEST_CASE("heat is judged by the zone's own trip points") {
    Machine machine;
    const std::string zone = "sys/class/thermal/thermal_zone0/";
    machine.put(zone + "trip_point_0_type", "passive");
    machine.put(zone + "trip_point_0_temp", "90000");
    machine.put(zone + "trip_point_1_type", "critical");
    machine.put(zone + "trip_point_1_temp", "105000");
    const std::vector<std::pair<const char*, ThermalState>> cases{
        {"45000", ThermalState::kNominal},
        {"84000", ThermalState::kFair},
        {"90000", ThermalState::kSerious},
        {"101000", ThermalState::kCritical},
        {"garbage", ThermalState::kNominal}};
    for (const auto& [temperature, expected] : cases) {
      CAPTURE(temperature);
      machine.put(zone + "temp", temperature);
      CHECK(machine.state().thermal == expected);
    }
    machine.put("sys/class/thermal/thermal_zone1/temp", "200000");
    CHECK(machine.state().thermal == ThermalState::kNominal);
  }

  TEST_CASE("memory is short when work waits for it, or little is left") {
    Machine machine;
    CHECK(machine.state().pressure == MemoryPressure::kNone);
    CHECK(machine.state().availableBytes == 8'000'000ull * 1024);
    machine.put("proc/pressure/memory", Machine::pressure(12, 0));
    CHECK(machine.state().pressure == MemoryPressure::kWarning);
    machine.put("proc/pressure/memory", Machine::pressure(40, 11));
    CHECK(machine.state().pressure == MemoryPressure::kCritical);
    machine.put("proc/pressure/memory", Machine::pressure(0, 0));
    machine.put("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 1000000 kB\n");
    CHECK(machine.state().pressure == MemoryPressure::kWarning);
    machine.put("proc/meminfo", "MemTotal: 16000000 kB\nMemAvailable: 100000 kB\n");
    CHECK(machine.state().pressure == MemoryPressure::kCritical);
  }

  TEST_CASE("a container's limit counts, less the pages that can go") {
    Machine machine;
    const std::uint64_t gib = 1ull << 30;
    machine.put("proc/self/cgroup", "0::/user/me");
    machine.put("sys/fs/cgroup/user/me/memory.max", std::to_string(2 * gib));
    machine.put("sys/fs/cgroup/user/me/memory.current", std::to_string(3 * gib / 2));
    machine.put("sys/fs/cgroup/user/me/memory.stat",
                "anon 1\ninactive_file " + std::to_string(gib));
    CHECK(platform::linuxProfile(machine.root()).memoryBytes == 2 * gib);
    CHECK(machine.state().availableBytes == 3 * gib / 2);
    machine.put("sys/fs/cgroup/user/me/memory.max", "max");
    CHECK(machine.state().availableBytes == 8'000'000ull * 1024);

    machine.put("proc/self/cgroup", "4:memory:/box\n3:cpu:/");
    machine.put("sys/fs/cgroup/memory/box/memory.limit_in_bytes", std::to_string(gib));
    machine.put("sys/fs/cgroup/memory/box/memory.usage_in_bytes", std::to_string(gib - 1));
    CHECK(machine.state().pressure == MemoryPressure::kCritical);
  }

  TEST_CASE("battery and power saving") {
    Machine machine;
    machine.put("sys/class/power_supply/BAT0/type", "Battery");
    machine.put("sys/class/power_supply/BAT0/status", "Discharging");
    machine.put("sys/firmware/acpi/platform_profile", "low-power");
    CHECK(machine.state().onBattery);
    CHECK(machine.state().lowPower);
    machine.put("sys/class/power_supply/AC/type", "Mains");
    machine.put("sys/class/power_supply/AC/online", "1");
    CHECK_FALSE(machine.state().onBattery);
    machine.put("sys/class/power_supply/AC/online", "0");
    machine.put("sys/class/power_supply/BAT0/scope", "Device");
    CHECK_FALSE(machine.state().onBattery);
  }

  TEST_CASE("this machine has a processor and memory") {
    const platform::HardwareProfile profile = platform::hardwareProfile();
    CHECK(profile.logicalCores > 0);
    CHECK(profile.memoryBytes > 0);
    CHECK(platform::hardwareState().availableBytes <= profile.memoryBytes);
  }
}

}  // namespace stemwright
