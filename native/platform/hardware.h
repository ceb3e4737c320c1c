#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/memory_usage.h"

namespace stemwright::platform {

/// As NSProcessInfo names them; elsewhere from the distance to the processor's own trip points.
enum class ThermalState { kNominal, kFair, kSerious, kCritical };

using MemoryPressure = core::PressureLevel;

/// A graphics processor as the system names it.
struct GpuProfile {
  std::string name;
  unsigned computeUnits = 0;  ///< 0: the system does not say
};

/// What does not change while the program runs. Zero or empty: the system does not say.
struct HardwareProfile {
  std::string cpu;
  unsigned physicalCores = 0;
  unsigned logicalCores = 0;
  std::uint64_t l1DataBytes = 0;
  std::uint64_t l2Bytes = 0;
  std::uint64_t l3Bytes = 0;
  std::uint64_t memoryBytes = 0;  ///< of the machine, or what its container allows
  std::vector<GpuProfile> gpus;
};

/// What does.
struct HardwareState {
  ThermalState thermal = ThermalState::kNominal;
  MemoryPressure pressure = MemoryPressure::kNone;
  bool onBattery = false;
  bool lowPower = false;  ///< the user's or the firmware's power saving
  std::uint64_t availableBytes = 0;

  bool operator==(const HardwareState&) const = default;
};

std::string_view thermalName(ThermalState state);     ///< "nominal", "fair", "serious", "critical"
std::string_view pressureName(MemoryPressure level);  ///< "none", "warning", "critical"

/// The machine as its operating system describes it. Both read files or ask the system: not for the
/// audio thread. On Linux STEMWRIGHT_MACHINE names a folder with the proc and sys to read in place
/// of the real ones: tests heat machines and take their memory through it.
HardwareProfile hardwareProfile();
HardwareState hardwareState();

/// The same from a tree that holds /proc and /sys; Linux only.
HardwareProfile linuxProfile(const std::filesystem::path& root);
HardwareState linuxState(const std::filesystem::path& root);

}  // namespace stemwright::platform
