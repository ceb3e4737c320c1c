#import <Foundation/Foundation.h>
#import <IOKit/IOKitLib.h>
#import <IOKit/ps/IOPSKeys.h>
#import <IOKit/ps/IOPowerSources.h>
#include <mach/mach.h>
#include <sys/sysctl.h>

#include "platform/hardware.h"

namespace stemwright::platform {
namespace {

std::uint64_t sysctlNumber(const char* name) {
  std::uint64_t value = 0;
  std::size_t size = sizeof(value);
  return sysctlbyname(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

std::string sysctlText(const char* name) {
  char text[256] = {};
  std::size_t size = sizeof(text) - 1;
  return sysctlbyname(name, text, &size, nullptr, 0) == 0 ? text : "";
}

ThermalState thermalState() {
  switch (NSProcessInfo.processInfo.thermalState) {
    case NSProcessInfoThermalStateNominal:
      return ThermalState::kNominal;
    case NSProcessInfoThermalStateFair:
      return ThermalState::kFair;
    case NSProcessInfoThermalStateSerious:
      return ThermalState::kSerious;
    case NSProcessInfoThermalStateCritical:
      return ThermalState::kCritical;
  }
  return ThermalState::kNominal;
}

/// 1, 2 and 4 are DISPATCH_MEMORYPRESSURE_NORMAL, _WARN and _CRITICAL.
MemoryPressure memoryPressure() {
  switch (sysctlNumber("kern.memorystatus_vm_pressure_level")) {
    case 2:
      return MemoryPressure::kWarning;
    case 4:
      return MemoryPressure::kCritical;
    default:
      return MemoryPressure::kNone;
  }
}

std::uint64_t availableBytes() {
  vm_statistics64_data_t pages = {};
  mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
  if (host_statistics64(mach_host_self(), HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&pages),
                        &count) != KERN_SUCCESS) {
    return 0;
  }
  return (std::uint64_t{pages.free_count} + pages.inactive_count) * vm_kernel_page_size;
}

bool runsOnBattery() {
  const CFTypeRef blob = IOPSCopyPowerSourcesInfo();
  if (blob == nullptr) return false;
  const CFStringRef source = IOPSGetProvidingPowerSourceType(blob);
  const bool onBattery = source != nullptr && CFEqual(source, CFSTR(kIOPMBatteryPowerKey));
  CFRelease(blob);
  return onBattery;
}

/// Apple's own tell how many cores they have; others are named by their class alone.
std::vector<GpuProfile> gpus() {
  std::vector<GpuProfile> found;
  io_iterator_t all = 0;
  if (IOServiceGetMatchingServices(kIOMainPortDefault, IOServiceMatching("IOAccelerator"), &all) !=
      KERN_SUCCESS) {
    return found;
  }
  for (io_object_t each = IOIteratorNext(all); each != 0; each = IOIteratorNext(all)) {
    NSString* const name = CFBridgingRelease(
        IORegistryEntryCreateCFProperty(each, CFSTR("model"), kCFAllocatorDefault, 0));
    NSNumber* const cores = CFBridgingRelease(
        IORegistryEntryCreateCFProperty(each, CFSTR("gpu-core-count"), kCFAllocatorDefault, 0));
    const bool isNamed = [name isKindOfClass:NSString.class];
    found.push_back({isNamed ? name.UTF8String : "GPU", cores.unsignedIntValue});
    IOObjectRelease(each);
  }
  IOObjectRelease(all);
  return found;
}

}  // namespace

HardwareProfile hardwareProfile() {
  HardwareProfile profile;
  profile.cpu = sysctlText("machdep.cpu.brand_string");
  profile.physicalCores = static_cast<unsigned>(sysctlNumber("hw.physicalcpu"));
  profile.logicalCores = static_cast<unsigned>(sysctlNumber("hw.logicalcpu"));
  profile.l1DataBytes = sysctlNumber("hw.l1dcachesize");
  profile.l2Bytes = sysctlNumber("hw.l2cachesize");
  profile.l3Bytes = sysctlNumber("hw.l3cachesize");
  profile.memoryBytes = sysctlNumber("hw.memsize");
  profile.gpus = gpus();
  return profile;
}

HardwareState hardwareState() {
  HardwareState state;
  state.thermal = thermalState();
  state.pressure = memoryPressure();
  state.availableBytes = availableBytes();
  state.onBattery = runsOnBattery();
  state.lowPower = NSProcessInfo.processInfo.lowPowerModeEnabled;
  return state;
}

}  // namespace stemwright::platform
