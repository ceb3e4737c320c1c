// Vulkan's functions, found at run time: the engine loads where there is no Vulkan.
#pragma once

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan.h>

#include <string>

#include "core/result.h"

#define STEMWRIGHT_VK_INSTANCE(F)             \
  F(vkDestroyInstance)                        \
  F(vkEnumeratePhysicalDevices)               \
  F(vkGetPhysicalDeviceProperties2)           \
  F(vkGetPhysicalDeviceFeatures2)             \
  F(vkGetPhysicalDeviceMemoryProperties)      \
  F(vkGetPhysicalDeviceQueueFamilyProperties) \
  F(vkEnumerateDeviceExtensionProperties)     \
  F(vkCreateDevice)                           \
  F(vkGetDeviceProcAddr)

#define STEMWRIGHT_VK_DEVICE(F)    \
  F(vkDestroyDevice)               \
  F(vkGetDeviceQueue)              \
  F(vkDeviceWaitIdle)              \
  F(vkQueueSubmit)                 \
  F(vkAllocateMemory)              \
  F(vkFreeMemory)                  \
  F(vkMapMemory)                   \
  F(vkCreateBuffer)                \
  F(vkDestroyBuffer)               \
  F(vkGetBufferMemoryRequirements) \
  F(vkBindBufferMemory)            \
  F(vkCreateSemaphore)             \
  F(vkDestroySemaphore)            \
  F(vkWaitSemaphores)              \
  F(vkCreateFence)                 \
  F(vkDestroyFence)                \
  F(vkResetFences)                 \
  F(vkWaitForFences)               \
  F(vkCreateCommandPool)           \
  F(vkDestroyCommandPool)          \
  F(vkAllocateCommandBuffers)      \
  F(vkBeginCommandBuffer)          \
  F(vkEndCommandBuffer)            \
  F(vkCreateShaderModule)          \
  F(vkDestroyShaderModule)         \
  F(vkCreateDescriptorSetLayout)   \
  F(vkDestroyDescriptorSetLayout)  \
  F(vkCreatePipelineLayout)        \
  F(vkDestroyPipelineLayout)       \
  F(vkCreatePipelineCache)         \
  F(vkDestroyPipelineCache)        \
  F(vkGetPipelineCacheData)        \
  F(vkCreateComputePipelines)      \
  F(vkDestroyPipeline)             \
  F(vkCreateDescriptorPool)        \
  F(vkDestroyDescriptorPool)       \
  F(vkAllocateDescriptorSets)      \
  F(vkUpdateDescriptorSets)        \
  F(vkCreateQueryPool)             \
  F(vkDestroyQueryPool)            \
  F(vkGetQueryPoolResults)         \
  F(vkCmdResetQueryPool)           \
  F(vkCmdWriteTimestamp)           \
  F(vkCmdBindPipeline)             \
  F(vkCmdBindDescriptorSets)       \
  F(vkCmdDispatch)                 \
  F(vkCmdPipelineBarrier)          \
  F(vkCmdCopyBuffer)

namespace stemwright::gpu::vulkan {

#define STEMWRIGHT_VK_MEMBER(name) PFN_##name name = nullptr;

struct InstanceFunctions {
  STEMWRIGHT_VK_INSTANCE(STEMWRIGHT_VK_MEMBER)
};

struct DeviceFunctions {
  STEMWRIGHT_VK_DEVICE(STEMWRIGHT_VK_MEMBER)
};

#undef STEMWRIGHT_VK_MEMBER

struct Loader {
  PFN_vkGetInstanceProcAddr get = nullptr;
};

/// The system's loader, or the one that STEMWRIGHT_VULKAN names, opened once and never closed.
/// @return kDeviceLost with the reason where there is none
core::Result<Loader> loader();

core::Error errorOf(VkResult result, const std::string& what);

}  // namespace stemwright::gpu::vulkan
