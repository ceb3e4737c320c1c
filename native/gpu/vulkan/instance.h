#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/result.h"
#include "gpu/device.h"
#include "gpu/vulkan/loader.h"

namespace stemwright::gpu::vulkan {

/// A processor as Vulkan lists it.
struct PhysicalDevice {
  VkPhysicalDevice handle = VK_NULL_HANDLE;
  DeviceInfo info;
  VkPhysicalDeviceMemoryProperties memory{};
  VkPhysicalDeviceLimits limits{};
  std::string cacheName;  ///< file of its pipelines: another driver, another name
  std::uint32_t computeFamily = 0;
  std::uint32_t transferFamily = 0;  ///< the same where there is no queue for copies alone
  std::uint64_t maxAllocation = 0;
};

/// The connection to the loader, shared by all devices.
class Instance {
 public:
  static core::Result<std::shared_ptr<Instance>> create();
  ~Instance();
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;

  const InstanceFunctions& functions() const noexcept { return functions_; }
  /// Those that compute with Vulkan 1.2.
  std::vector<PhysicalDevice> devices() const;

 private:
  Instance() = default;
  bool describe(VkPhysicalDevice handle, PhysicalDevice& found) const;

  VkInstance handle_ = VK_NULL_HANDLE;
  InstanceFunctions functions_;
};

}  // namespace stemwright::gpu::vulkan
