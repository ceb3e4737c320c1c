#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <set>
#include <utility>
#include <vector>

#include "platform/hardware.h"

namespace stemwright::platform {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLongestFile = 4 << 20;  // /proc/cpuinfo of a few hundred cores

std::string readText(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text;
  for (std::istreambuf_iterator<char> at(file), end; at != end && text.size() < kLongestFile;
       ++at) {
    text.push_back(*at);
  }
  return text;
}

std::string firstLine(const fs::path& path) {
  const std::string text = readText(path);
  return text.substr(0, text.find('\n'));
}

std::optional<std::int64_t> number(std::string_view text) {
  std::int64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? std::optional(value) : std::nullopt;
}

std::optional<std::int64_t> readNumber(const fs::path& path) {
  return number(firstLine(path));
}

/// What follows `key` and blanks or a colon in a text of such lines; empty without it.
std::string_view field(std::string_view text, std::string_view key) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string_view line = text.substr(at, end - at);
    if (line.starts_with(key)) {
      const std::size_t value = line.find_first_not_of(" \t:", key.size());
      if (value != std::string_view::npos && value > key.size()) return line.substr(value);
    }
    at = end + 1;
  }
  return {};
}

std::vector<fs::path> entries(const fs::path& folder, std::string_view prefix = "") {
  std::vector<fs::path> found;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    if (entry.path().filename().string().starts_with(prefix)) found.push_back(entry.path());
  }
  return found;
}

std::uint64_t kibibytes(std::string_view text) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, number(text).value_or(0))) * 1024;
}

/// Folders that hold this process's memory limits, its own group's and the root's.
std::vector<fs::path> memoryGroups(const fs::path& root) {
  const std::string groups = readText(root / "proc/self/cgroup");
  const fs::path mount = root / "sys/fs/cgroup";
  std::vector<fs::path> found{mount, mount / "memory"};
  for (std::size_t at = 0; at < groups.size();) {
    const std::size_t end = std::min(groups.find('\n', at), groups.size());
    const std::string_view line = std::string_view(groups).substr(at, end - at);
    const std::size_t colon = line.rfind(":/");
    if (line.starts_with("0::/")) found.push_back(mount / fs::path(line.substr(4)));
    if (line.find(":memory:/") != std::string_view::npos) {
      found.push_back(mount / "memory" / fs::path(line.substr(colon + 2)));
    }
    at = end + 1;
  }
  return found;
}

struct MemoryGroup {
  std::uint64_t limit;
  std::uint64_t used;
};

/// The tightest limit that holds for this process; none: the machine's own memory.
std::optional<MemoryGroup> memoryGroup(const fs::path& root, std::uint64_t machineBytes) {
  std::optional<MemoryGroup> tightest;
  for (const fs::path& folder : memoryGroups(root)) {
    for (const auto& [limitName, usedName] :
         std::initializer_list<std::pair<const char*, const char*>>{
             {"memory.max", "memory.current"},
             {"memory.limit_in_bytes", "memory.usage_in_bytes"}}) {
      const auto limit = readNumber(folder / limitName);
      const auto used = readNumber(folder / usedName);
      if (!limit || !used || *limit <= 0 || static_cast<std::uint64_t>(*limit) >= machineBytes)
        continue;
      // Cached file pages count as used there, and go when room is needed.
      const std::string stat = readText(folder / "memory.stat");
      const auto cached = number(field(stat, "inactive_file")).value_or(0);
      const MemoryGroup group{
          static_cast<std::uint64_t>(*limit),
          static_cast<std::uint64_t>(std::max<std::int64_t>(0, *used - cached))};
      if (!tightest || group.limit < tightest->limit) tightest = group;
    }
  }
  return tightest;
}

/// Share of the last ten seconds in which work waited for memory, in percent.
double stalled(std::string_view pressure, std::string_view kind) {
  const std::string_view line = field(pressure, kind);
  const std::size_t at = line.find("avg10=");
  if (at == std::string_view::npos) return 0;
  return static_cast<double>(number(line.substr(at + 6)).value_or(0));
}

MemoryPressure pressureOf(const fs::path& root, std::uint64_t available, std::uint64_t total) {
  const std::string stalls = readText(root / "proc/pressure/memory");
  const double some = stalled(stalls, "some");
  const double full = stalled(stalls, "full");
  const double free =
      total == 0 ? 1.0 : static_cast<double>(available) / static_cast<double>(total);
  if (full >= 10 || free < 0.03) return MemoryPressure::kCritical;
  if (some >= 10 || free < 0.08) return MemoryPressure::kWarning;
  return MemoryPressure::kNone;
}

/// How close a zone is to its own trip points: "passive" is where the system slows the processor.
ThermalState thermalOf(const fs::path& zone) {
  const auto now = readNumber(zone / "temp");
  if (!now) return ThermalState::kNominal;
  ThermalState worst = ThermalState::kNominal;
  for (const fs::path& typePath : entries(zone, "trip_point_")) {
    const std::string name = typePath.filename().string();
    if (!name.ends_with("_type")) continue;
    const std::string kind = firstLine(typePath);
    const auto trip = readNumber(zone / (name.substr(0, name.size() - 4) + "temp"));
    if (!trip || *trip <= 0) continue;
    constexpr std::int64_t kDegree = 1000;
    ThermalState state = ThermalState::kNominal;
    if (kind == "critical" && *now >= *trip - 5 * kDegree) state = ThermalState::kCritical;
    if (kind == "hot" && *now >= *trip) state = ThermalState::kCritical;
    if (kind == "passive" && *now >= *trip) state = ThermalState::kSerious;
    if (kind == "passive" && *now < *trip && *now >= *trip - 8 * kDegree)
      state = ThermalState::kFair;
    worst = std::max(worst, state);
  }
  return worst;
}

bool runsOnBattery(const fs::path& root) {
  bool discharging = false;
  for (const fs::path& supply : entries(root / "sys/class/power_supply")) {
    const std::string type = firstLine(supply / "type");
    if (type == "Mains" && firstLine(supply / "online") == "1") return false;
    // A mouse has a battery too.
    if (type == "Battery" && firstLine(supply / "scope") != "Device") {
      discharging = discharging || firstLine(supply / "status") == "Discharging";
    }
  }
  return discharging;
}

}  // namespace

namespace {

/// NVIDIA's driver gives a name; the others a vendor and a number.
std::vector<GpuProfile> gpusOf(const fs::path& root) {
  std::vector<GpuProfile> found;
  for (const fs::path& card : entries(root / "proc/driver/nvidia/gpus")) {
    const std::string information = readText(card / "information");
    if (const auto model = field(information, "Model"); !model.empty()) {
      found.push_back({std::string(model), 0});
    }
  }
  for (const fs::path& card : entries(root / "sys/class/drm", "card")) {
    const std::string vendor = firstLine(card / "device/vendor");
    // Connectors are named card0-DP-1, and have no vendor of their own.
    if (vendor.empty() || card.filename().string().find('-') != std::string::npos) continue;
    if (vendor == "0x10de" && !found.empty()) continue;
    const std::string maker = vendor == "0x1002"   ? "AMD"
                              : vendor == "0x8086" ? "Intel"
                              : vendor == "0x10de" ? "NVIDIA"
                                                   : vendor;
    const std::string product = firstLine(card / "device/product_name");
    found.push_back(
        {product.empty() ? maker + " " + firstLine(card / "device/device") : product, 0});
  }
  return found;
}

}  // namespace

HardwareProfile linuxProfile(const fs::path& root) {
  HardwareProfile profile;
  profile.cpu = field(readText(root / "proc/cpuinfo"), "model name");
  const fs::path cpus = root / "sys/devices/system/cpu";
  std::set<std::pair<std::string, std::string>> cores;
  for (const fs::path& cpu : entries(cpus, "cpu")) {
    const std::string core = firstLine(cpu / "topology/core_id");
    if (core.empty()) continue;
    ++profile.logicalCores;
    cores.emplace(firstLine(cpu / "topology/physical_package_id"), core);
  }
  profile.physicalCores = static_cast<unsigned>(cores.size());
  for (const fs::path& cache : entries(cpus / "cpu0/cache", "index")) {
    const std::string level = firstLine(cache / "level");
    const std::uint64_t bytes = kibibytes(firstLine(cache / "size"));
    if (level == "1" && firstLine(cache / "type") == "Data") profile.l1DataBytes = bytes;
    if (level == "2") profile.l2Bytes = bytes;
    if (level == "3") profile.l3Bytes = bytes;
  }
  const std::uint64_t machine = kibibytes(field(readText(root / "proc/meminfo"), "MemTotal"));
  const auto group = memoryGroup(root, machine);
  profile.memoryBytes = group ? group->limit : machine;
  profile.gpus = gpusOf(root);
  return profile;
}

HardwareState linuxState(const fs::path& root) {
  HardwareState state;
  const std::string meminfo = readText(root / "proc/meminfo");
  const std::uint64_t machine = kibibytes(field(meminfo, "MemTotal"));
  state.availableBytes = kibibytes(field(meminfo, "MemAvailable"));
  std::uint64_t total = machine;
  if (const auto group = memoryGroup(root, machine)) {
    const std::uint64_t room = group->limit > group->used ? group->limit - group->used : 0;
    if (room < state.availableBytes) {
      state.availableBytes = room;
      total = group->limit;
    }
  }
  state.pressure = pressureOf(root, state.availableBytes, total);
  for (const fs::path& zone : entries(root / "sys/class/thermal", "thermal_zone")) {
    state.thermal = std::max(state.thermal, thermalOf(zone));
  }
  state.onBattery = runsOnBattery(root);
  state.lowPower = firstLine(root / "sys/firmware/acpi/platform_profile") == "low-power";
  return state;
}

#if defined(__linux__)
namespace {

fs::path machineRoot() {
  const char* const made = std::getenv("STEMWRIGHT_MACHINE");
  return made == nullptr || *made == '\0' ? "/" : made;
}

}  // namespace

HardwareProfile hardwareProfile() {
  return linuxProfile(machineRoot());
}
HardwareState hardwareState() {
  return linuxState(machineRoot());
}
#endif

}  // namespace stemwright::platform
