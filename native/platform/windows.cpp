#if defined(_WIN32)
#include <windows.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "platform/hardware.h"

namespace stemwright::platform {
namespace {

std::string processorName() {
  char name[256] = {};
  DWORD size = sizeof(name);
  const LSTATUS status =
      RegGetValueA(HKEY_LOCAL_MACHINE, "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0",
                   "ProcessorNameString", RRF_RT_REG_SZ, nullptr, name, &size);
  return status == ERROR_SUCCESS ? name : "";
}

MEMORYSTATUSEX memoryStatus() {
  MEMORYSTATUSEX status = {};
  status.dwLength = sizeof(status);
  GlobalMemoryStatusEx(&status);
  return status;
}

std::vector<GpuProfile> gpus() {
  std::vector<GpuProfile> found;
  DISPLAY_DEVICEA device = {};
  device.cb = sizeof(device);
  for (DWORD index = 0; EnumDisplayDevicesA(nullptr, index, &device, 0); ++index) {
    const std::string name = device.DeviceString;
    const bool isKnown = std::any_of(found.begin(), found.end(),
                                     [&](const GpuProfile& each) { return each.name == name; });
    // One entry for each screen that it could drive.
    if (!isKnown && !(device.StateFlags & DISPLAY_DEVICE_MIRRORING_DRIVER))
      found.push_back({name, 0});
  }
  return found;
}

/// Whether the system itself calls memory low.
bool isMemoryLow() {
  static const HANDLE notification =
      CreateMemoryResourceNotification(LowMemoryResourceNotification);
  BOOL isLow = FALSE;
  return notification != nullptr && QueryMemoryResourceNotification(notification, &isLow) && isLow;
}

void readTopology(HardwareProfile& profile) {
  DWORD bytes = 0;
  GetLogicalProcessorInformation(nullptr, &bytes);
  std::vector<SYSTEM_LOGICAL_PROCESSOR_INFORMATION> all(
      bytes / sizeof(SYSTEM_LOGICAL_PROCESSOR_INFORMATION));
  if (!GetLogicalProcessorInformation(all.data(), &bytes)) return;
  for (const auto& each : all) {
    if (each.Relationship == RelationProcessorCore) ++profile.physicalCores;
    if (each.Relationship != RelationCache) continue;
    if (each.Cache.Level == 1 && each.Cache.Type == CacheData)
      profile.l1DataBytes = each.Cache.Size;
    if (each.Cache.Level == 2) profile.l2Bytes = each.Cache.Size;
    if (each.Cache.Level == 3) profile.l3Bytes = each.Cache.Size;
  }
}

}  // namespace

HardwareProfile hardwareProfile() {
  HardwareProfile profile;
  profile.cpu = processorName();
  profile.logicalCores = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);
  readTopology(profile);
  profile.memoryBytes = memoryStatus().ullTotalPhys;
  profile.gpus = gpus();
  return profile;
}

/// Windows does not tell programs how hot it is: thermal stays nominal.
HardwareState hardwareState() {
  HardwareState state;
  const MEMORYSTATUSEX memory = memoryStatus();
  state.availableBytes = memory.ullAvailPhys;
  if (memory.dwMemoryLoad >= 97)
    state.pressure = MemoryPressure::kCritical;
  else if (memory.dwMemoryLoad >= 92 || isMemoryLow())
    state.pressure = MemoryPressure::kWarning;
  SYSTEM_POWER_STATUS power = {};
  if (GetSystemPowerStatus(&power)) {
    state.onBattery = power.ACLineStatus == 0;
    state.lowPower = power.SystemStatusFlag == 1;
  }
  return state;
}

}  // namespace stemwright::platform
#endif
