#include "gpu/vulkan/instance.h"

#include <algorithm>
#include <cstring>

namespace stemwright::gpu::vulkan {
namespace {

using core::Error;
using core::ErrorCode;

/// The most that a shader asks for.
constexpr std::uint32_t kSharedBytes = 32'768;
constexpr std::uint32_t kMatrixSharedBytes = 36'864;  // of attention on matrix units
constexpr std::uint32_t kGroupSize = 256;

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    text += kDigits[bytes[i] >> 4];
    text += kDigits[bytes[i] & 15];
  }
  return text;
}

DeviceKind kindOf(VkPhysicalDeviceType type) {
  switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
      return DeviceKind::kDiscrete;
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
      return DeviceKind::kIntegrated;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
      return DeviceKind::kSoftware;
    default:
      return DeviceKind::kOther;
  }
}

/// The family that computes, and one for copies alone where there is one.
bool chooseFamilies(const std::vector<VkQueueFamilyProperties>& families, PhysicalDevice& found) {
  bool hasCompute = false;
  for (std::uint32_t i = 0; i < families.size(); ++i) {
    const VkQueueFamilyProperties& family = families[i];
    if (family.queueCount == 0 || (family.queueFlags & VK_QUEUE_COMPUTE_BIT) == 0) continue;
    if (family.timestampValidBits == 0 && hasCompute) continue;
    found.computeFamily = i;
    hasCompute = true;
    break;
  }
  found.transferFamily = found.computeFamily;
  for (std::uint32_t i = 0; i < families.size(); ++i) {
    const VkQueueFlags flags = families[i].queueFlags;
    const bool copiesAlone = (flags & VK_QUEUE_TRANSFER_BIT) != 0 &&
                             (flags & (VK_QUEUE_COMPUTE_BIT | VK_QUEUE_GRAPHICS_BIT)) == 0;
    if (copiesAlone && families[i].queueCount != 0) {
      found.transferFamily = i;
      break;
    }
  }
  return hasCompute;
}

}  // namespace

core::Result<std::shared_ptr<Instance>> Instance::create() {
  const auto found = loader();
  if (!found.ok()) return found.error();
  const PFN_vkGetInstanceProcAddr get = found.value().get;
  const auto createInstance =
      reinterpret_cast<PFN_vkCreateInstance>(get(nullptr, "vkCreateInstance"));
  if (createInstance == nullptr) {
    return Error{ErrorCode::kDeviceLost, "the Vulkan loader is damaged"};
  }
  VkApplicationInfo application{};
  application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
  application.pApplicationName = "Stemwright";
  application.apiVersion = VK_API_VERSION_1_2;
  VkInstanceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
  info.pApplicationInfo = &application;
  std::shared_ptr<Instance> instance(new Instance);
  const VkResult result = createInstance(&info, nullptr, &instance->handle_);
  if (result != VK_SUCCESS) {
    return Error{ErrorCode::kDeviceLost, "Vulkan finds no driver for a graphics processor here"};
  }
#define STEMWRIGHT_VK_LOAD(name) \
  instance->functions_.name = reinterpret_cast<PFN_##name>(get(instance->handle_, #name));
  STEMWRIGHT_VK_INSTANCE(STEMWRIGHT_VK_LOAD)
#undef STEMWRIGHT_VK_LOAD
  return instance;
}

Instance::~Instance() {
  if (handle_ != VK_NULL_HANDLE && functions_.vkDestroyInstance != nullptr) {
    functions_.vkDestroyInstance(handle_, nullptr);
  }
}

std::vector<PhysicalDevice> Instance::devices() const {
  std::uint32_t count = 0;
  functions_.vkEnumeratePhysicalDevices(handle_, &count, nullptr);
  std::vector<VkPhysicalDevice> handles(count);
  functions_.vkEnumeratePhysicalDevices(handle_, &count, handles.data());
  handles.resize(count);
  std::vector<PhysicalDevice> found;
  for (const VkPhysicalDevice handle : handles) {
    PhysicalDevice device;
    if (describe(handle, device)) found.push_back(std::move(device));
  }
  return found;
}

bool Instance::describe(VkPhysicalDevice handle, PhysicalDevice& found) const {
  VkPhysicalDeviceDriverProperties driver{};
  driver.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_DRIVER_PROPERTIES;
  VkPhysicalDeviceSubgroupProperties subgroup{};
  subgroup.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_SUBGROUP_PROPERTIES;
  subgroup.pNext = &driver;
  VkPhysicalDeviceMaintenance3Properties maintenance{};
  maintenance.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_MAINTENANCE_3_PROPERTIES;
  maintenance.pNext = &subgroup;
  VkPhysicalDeviceIDProperties ids{};
  ids.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
  ids.pNext = &maintenance;
  VkPhysicalDeviceProperties2 properties{};
  properties.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
  properties.pNext = &ids;
  functions_.vkGetPhysicalDeviceProperties2(handle, &properties);
  const VkPhysicalDeviceProperties& p = properties.properties;
  if (p.apiVersion < VK_API_VERSION_1_2) return false;
  // Vulkan promises half of that; desktops have it.
  if (p.limits.maxComputeSharedMemorySize < kSharedBytes ||
      p.limits.maxComputeWorkGroupInvocations < kGroupSize) {
    return false;
  }

  VkPhysicalDeviceVulkan12Features features12{};
  features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  VkPhysicalDeviceVulkan11Features features11{};
  features11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  features11.pNext = &features12;
  VkPhysicalDeviceFeatures2 features{};
  features.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_FEATURES_2;
  features.pNext = &features11;
  std::uint32_t count = 0;
  functions_.vkEnumerateDeviceExtensionProperties(handle, nullptr, &count, nullptr);
  std::vector<VkExtensionProperties> extensions(count);
  functions_.vkEnumerateDeviceExtensionProperties(handle, nullptr, &count, extensions.data());
  VkPhysicalDeviceCooperativeMatrixFeaturesNV matrix{};
  matrix.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV;
  const bool hasMatrix =
      std::any_of(extensions.begin(), extensions.end(), [](const VkExtensionProperties& one) {
        return std::strcmp(one.extensionName, VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME) == 0;
      });
  if (hasMatrix) features12.pNext = &matrix;
  functions_.vkGetPhysicalDeviceFeatures2(handle, &features);
  if (!features12.timelineSemaphore) return false;

  functions_.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, nullptr);
  std::vector<VkQueueFamilyProperties> families(count);
  functions_.vkGetPhysicalDeviceQueueFamilyProperties(handle, &count, families.data());
  if (!chooseFamilies(families, found)) return false;

  found.handle = handle;
  found.limits = p.limits;
  found.maxAllocation = maintenance.maxMemoryAllocationSize;
  functions_.vkGetPhysicalDeviceMemoryProperties(handle, &found.memory);
  DeviceInfo& info = found.info;
  info.id = "vulkan:" + hex(ids.deviceUUID, VK_UUID_SIZE);
  info.name = p.deviceName;
  info.api = "vulkan";
  info.driver = std::string(driver.driverName) + " " +
                (driver.driverInfo[0] != 0 ? driver.driverInfo : std::to_string(p.driverVersion));
  info.kind = kindOf(p.deviceType);
  for (std::uint32_t i = 0; i < found.memory.memoryHeapCount; ++i) {
    const VkMemoryHeap& heap = found.memory.memoryHeaps[i];
    if ((heap.flags & VK_MEMORY_HEAP_DEVICE_LOCAL_BIT) != 0) {
      info.memoryBytes = std::max<std::uint64_t>(info.memoryBytes, heap.size);
    }
  }
  info.isUnified = info.kind == DeviceKind::kIntegrated || info.kind == DeviceKind::kSoftware;
  info.subgroupSize = subgroup.subgroupSize;
  const bool shuffles = (subgroup.supportedOperations & VK_SUBGROUP_FEATURE_SHUFFLE_BIT) != 0 &&
                        (subgroup.supportedStages & VK_SHADER_STAGE_COMPUTE_BIT) != 0;
  if (features11.storageBuffer16BitAccess && features12.shaderFloat16) info.features |= kHalf;
  if (shuffles && subgroup.subgroupSize >= 8) info.features |= kSubgroup;
  if (matrix.cooperativeMatrix && features12.vulkanMemoryModel && (info.features & kHalf) != 0 &&
      subgroup.subgroupSize == 32 && p.limits.maxComputeSharedMemorySize >= kMatrixSharedBytes) {
    info.features |= kMatrix;
  }
  found.cacheName = hex(ids.deviceUUID, VK_UUID_SIZE) + "-" + hex(ids.driverUUID, VK_UUID_SIZE) +
                    "-" + hex(p.pipelineCacheUUID, VK_UUID_SIZE) + ".pipelines";
  return true;
}

}  // namespace stemwright::gpu::vulkan
