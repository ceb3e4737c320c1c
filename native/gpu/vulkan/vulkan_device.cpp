#include "gpu/vulkan/vulkan_device.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include "gpu/vulkan/vulkan_program.h"
#include "shaders/args.h"

namespace stemwright::gpu::vulkan {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

constexpr std::size_t kStagingBytes = std::size_t{8} << 20;

std::vector<char> readFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

VkDevice createLogical(const Instance& instance, const PhysicalDevice& physical) {
  const float priority = 1.0f;
  std::vector<VkDeviceQueueCreateInfo> queues;
  for (const std::uint32_t family : {physical.computeFamily, physical.transferFamily}) {
    if (!queues.empty() && queues[0].queueFamilyIndex == family) continue;
    VkDeviceQueueCreateInfo queue{};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = family;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    queues.push_back(queue);
  }
  const unsigned features = physical.info.features;
  VkPhysicalDeviceCooperativeMatrixFeaturesNV matrix{};
  matrix.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_COOPERATIVE_MATRIX_FEATURES_NV;
  matrix.cooperativeMatrix = VK_TRUE;
  VkPhysicalDeviceVulkan12Features features12{};
  features12.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_2_FEATURES;
  features12.timelineSemaphore = VK_TRUE;
  features12.shaderFloat16 = (features & kHalf) != 0;
  features12.vulkanMemoryModel = (features & kMatrix) != 0;
  VkPhysicalDeviceVulkan11Features features11{};
  features11.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_VULKAN_1_1_FEATURES;
  features11.pNext = &features12;
  features11.storageBuffer16BitAccess = (features & kHalf) != 0;
  const char* extension = VK_NV_COOPERATIVE_MATRIX_EXTENSION_NAME;
  VkDeviceCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
  info.pNext = &features11;
  info.queueCreateInfoCount = static_cast<std::uint32_t>(queues.size());
  info.pQueueCreateInfos = queues.data();
  if ((features & kMatrix) != 0) {
    features12.pNext = &matrix;
    info.enabledExtensionCount = 1;
    info.ppEnabledExtensionNames = &extension;
  }
  VkDevice device = VK_NULL_HANDLE;
  const VkResult made =
      instance.functions().vkCreateDevice(physical.handle, &info, nullptr, &device);
  return made == VK_SUCCESS ? device : VK_NULL_HANDLE;
}

}  // namespace

Inventory findDevices() {
  const auto instance = Instance::create();
  if (!instance.ok()) return {{}, instance.error().message};
  Inventory inventory;
  for (PhysicalDevice& device : instance.value()->devices()) {
    inventory.devices.push_back(std::move(device.info));
  }
  if (inventory.devices.empty()) {
    inventory.reason =
        "no graphics processor here computes with Vulkan 1.2 in groups of 256 with 32 KB";
  }
  return inventory;
}

core::Result<std::shared_ptr<Device>> openDevice(const std::string& id,
                                                 const DeviceOptions& options) {
  const auto instance = Instance::create();
  if (!instance.ok()) return instance.error();
  for (const PhysicalDevice& device : instance.value()->devices()) {
    if (device.info.id == id) return VulkanDevice::create(instance.value(), device, options);
  }
  return Error{ErrorCode::kDeviceLost, "the graphics processor " + id + " is not there"};
}

core::Result<std::shared_ptr<Device>> VulkanDevice::create(std::shared_ptr<Instance> instance,
                                                           const PhysicalDevice& physical,
                                                           const DeviceOptions& options) {
  std::shared_ptr<VulkanDevice> device(new VulkanDevice);
  device->logical_ = std::make_shared<Logical>();
  device->logical_->physical = physical;
  device->logical_->physical.info.features &= ~options.lacks;
  device->logical_->handle = createLogical(*instance, device->logical_->physical);
  if (device->logical_->handle == VK_NULL_HANDLE) {
    return Error{ErrorCode::kDeviceLost, physical.info.name + " refuses to be opened"};
  }
  const auto get = instance->functions().vkGetDeviceProcAddr;
#define STEMWRIGHT_VK_LOAD(name)     \
  device->logical_->functions.name = \
      reinterpret_cast<PFN_##name>(get(device->logical_->handle, #name));
  STEMWRIGHT_VK_DEVICE(STEMWRIGHT_VK_LOAD)
#undef STEMWRIGHT_VK_LOAD
  device->logical_->instance = std::move(instance);
  STEMWRIGHT_TRY(device->prepare(options));
  return std::shared_ptr<Device>(std::move(device));
}

Status VulkanDevice::prepare(const DeviceOptions& options) {
  const PhysicalDevice& physical = logical_->physical;
  const DeviceFunctions& vk = logical_->functions;
  const std::uint64_t budget =
      options.budgetBytes != 0 ? options.budgetBytes : physical.info.memoryBytes / 4 * 3;
  memory_ = std::make_shared<Memory>(logical_, budget);
  loseAfter_ = options.loseAfter;
  vk.vkGetDeviceQueue(logical_->handle, physical.computeFamily, 0, &computeQueue_);
  vk.vkGetDeviceQueue(logical_->handle, physical.transferFamily, 0, &transferQueue_);

  VkCommandPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
  pool.queueFamilyIndex = physical.computeFamily;
  STEMWRIGHT_TRY(check(vk.vkCreateCommandPool(logical_->handle, &pool, nullptr, &copyPool_),
                       "making a command pool"));
  VkCommandBufferAllocateInfo commands{};
  commands.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  commands.commandPool = copyPool_;
  commands.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  commands.commandBufferCount = 1;
  STEMWRIGHT_TRY(check(vk.vkAllocateCommandBuffers(logical_->handle, &commands, &copyCommands_),
                       "making a command buffer"));
  VkFenceCreateInfo fence{};
  fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
  STEMWRIGHT_TRY(
      check(vk.vkCreateFence(logical_->handle, &fence, nullptr, &copyFence_), "making a fence"));

  std::vector<char> cached;
  if (!options.cacheFolder.empty()) {
    cachePath_ = (std::filesystem::path(options.cacheFolder) / physical.cacheName).string();
    cached = readFile(cachePath_);
  }
  // Drivers check the header themselves and start empty where it is not theirs.
  VkPipelineCacheCreateInfo cache{};
  cache.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO;
  cache.initialDataSize = cached.size();
  cache.pInitialData = cached.empty() ? nullptr : cached.data();
  cachedBytes_ = cached.size();
  return check(vk.vkCreatePipelineCache(logical_->handle, &cache, nullptr, &pipelineCache_),
               "making a pipeline cache");
}

VulkanDevice::~VulkanDevice() {
  const DeviceFunctions& vk = logical_->functions;
  const VkDevice device = logical_->handle;
  if (device == VK_NULL_HANDLE) return;
  vk.vkDeviceWaitIdle(device);
  for (const auto& [name, pipeline] : pipelines_) {
    vk.vkDestroyPipeline(device, pipeline.handle, nullptr);
    vk.vkDestroyPipelineLayout(device, pipeline.layout, nullptr);
    vk.vkDestroyDescriptorSetLayout(device, pipeline.setLayout, nullptr);
  }
  if (pipelineCache_ != VK_NULL_HANDLE) vk.vkDestroyPipelineCache(device, pipelineCache_, nullptr);
  if (copyFence_ != VK_NULL_HANDLE) vk.vkDestroyFence(device, copyFence_, nullptr);
  if (copyPool_ != VK_NULL_HANDLE) vk.vkDestroyCommandPool(device, copyPool_, nullptr);
}

Status VulkanDevice::check(VkResult result, const std::string& what) {
  if (result == VK_SUCCESS) return {};
  if (result == VK_ERROR_DEVICE_LOST) isLost_ = true;
  return errorOf(result, what);
}

VkQueue VulkanDevice::queueOf(std::uint32_t family) const noexcept {
  return family == logical_->physical.computeFamily ? computeQueue_ : transferQueue_;
}

Status VulkanDevice::submit(VkQueue queue, const VkSubmitInfo& info, VkFence fence) {
  const std::lock_guard lock(queueMutex_);
  return check(logical_->functions.vkQueueSubmit(queue, 1, &info, fence), "submitting work");
}

Status VulkanDevice::admit() {
  if (loseAfter_ && executions_++ >= *loseAfter_) isLost_ = true;
  if (isLost_) return Error{ErrorCode::kDeviceLost, info().name + " went away"};
  return {};
}

core::Result<std::shared_ptr<Buffer>> VulkanDevice::allocate(std::size_t bytes) {
  auto allocation = memory_->allocate(bytes, Use::kDevice);
  if (!allocation.ok()) return allocation.error();
  return std::shared_ptr<Buffer>(std::move(allocation).value());
}

Status VulkanDevice::copy(VkBuffer from, std::size_t fromOffset, VkBuffer to, std::size_t toOffset,
                          std::size_t bytes) {
  const DeviceFunctions& vk = logical_->functions;
  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
  STEMWRIGHT_TRY(check(vk.vkBeginCommandBuffer(copyCommands_, &begin), "copying"));
  const VkBufferCopy region{fromOffset, toOffset, bytes};
  vk.vkCmdCopyBuffer(copyCommands_, from, to, 1, &region);
  VkMemoryBarrier barrier{};
  barrier.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  barrier.srcAccessMask = VK_ACCESS_TRANSFER_WRITE_BIT;
  barrier.dstAccessMask = VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_HOST_READ_BIT;
  vk.vkCmdPipelineBarrier(copyCommands_, VK_PIPELINE_STAGE_TRANSFER_BIT,
                          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT, 0, 1,
                          &barrier, 0, nullptr, 0, nullptr);
  STEMWRIGHT_TRY(check(vk.vkEndCommandBuffer(copyCommands_), "copying"));
  VkSubmitInfo submission{};
  submission.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
  submission.commandBufferCount = 1;
  submission.pCommandBuffers = &copyCommands_;
  STEMWRIGHT_TRY(submit(computeQueue_, submission, copyFence_));
  const VkResult waited =
      vk.vkWaitForFences(logical_->handle, 1, &copyFence_, VK_TRUE, ~std::uint64_t{0});
  vk.vkResetFences(logical_->handle, 1, &copyFence_);
  return check(waited, "copying");
}

Status VulkanDevice::upload(Buffer& buffer, std::size_t offset, std::span<const std::byte> from) {
  const auto& to = static_cast<const Allocation&>(buffer);
  if (to.mapped() != nullptr) {
    std::memcpy(to.mapped() + offset, from.data(), from.size());
    return {};
  }
  const std::lock_guard lock(copyMutex_);
  if (!staging_) {
    auto made = memory_->allocate(kStagingBytes, Use::kHost);
    if (!made.ok()) return made.error();
    staging_ = std::move(made).value();
  }
  for (std::size_t done = 0; done < from.size(); done += kStagingBytes) {
    const std::size_t part = std::min(kStagingBytes, from.size() - done);
    std::memcpy(staging_->mapped(), from.data() + done, part);
    STEMWRIGHT_TRY(copy(staging_->handle(), staging_->offset(), to.handle(),
                        to.offset() + offset + done, part));
  }
  return {};
}

Status VulkanDevice::download(const Buffer& buffer, std::size_t offset, std::span<std::byte> to) {
  const auto& from = static_cast<const Allocation&>(buffer);
  if (from.mapped() != nullptr) {
    std::memcpy(to.data(), from.mapped() + offset, to.size());
    return {};
  }
  const std::lock_guard lock(copyMutex_);
  if (!staging_) {
    auto made = memory_->allocate(kStagingBytes, Use::kHost);
    if (!made.ok()) return made.error();
    staging_ = std::move(made).value();
  }
  for (std::size_t done = 0; done < to.size(); done += kStagingBytes) {
    const std::size_t part = std::min(kStagingBytes, to.size() - done);
    STEMWRIGHT_TRY(copy(from.handle(), from.offset() + offset + done, staging_->handle(),
                        staging_->offset(), part));
    std::memcpy(to.data() + done, staging_->mapped(), part);
  }
  return {};
}

core::Result<Pipeline> VulkanDevice::pipelineFor(const Shader& shader) {
  const std::lock_guard lock(pipelineMutex_);
  if (const auto found = pipelines_.find(shader.name); found != pipelines_.end()) {
    return found->second;
  }
  if (!supports(shader)) {
    return Error{ErrorCode::kInvalidArgument,
                 info().name + " lacks what " + std::string(shader.name) + " needs"};
  }
  auto built = build(shader);
  if (built.ok()) pipelines_.emplace(shader.name, built.value());
  return built;
}

core::Result<Pipeline> VulkanDevice::build(const Shader& shader) {
  const DeviceFunctions& vk = logical_->functions;
  const VkDevice device = logical_->handle;
  std::vector<VkDescriptorSetLayoutBinding> bindings;
  for (unsigned i = 0; i <= shader.buffers; ++i) {
    VkDescriptorSetLayoutBinding binding{};
    const bool isArgs = i == shader.buffers;
    binding.binding = isArgs ? STEMWRIGHT_ARGS_BINDING : i;
    binding.descriptorType =
        isArgs ? VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER : VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    binding.descriptorCount = 1;
    binding.stageFlags = VK_SHADER_STAGE_COMPUTE_BIT;
    bindings.push_back(binding);
  }
  Pipeline pipeline;
  VkDescriptorSetLayoutCreateInfo set{};
  set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
  set.bindingCount = static_cast<std::uint32_t>(bindings.size());
  set.pBindings = bindings.data();
  const std::string what = "building " + std::string(shader.name);
  STEMWRIGHT_TRY(
      check(vk.vkCreateDescriptorSetLayout(device, &set, nullptr, &pipeline.setLayout), what));
  VkPipelineLayoutCreateInfo layout{};
  layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
  layout.setLayoutCount = 1;
  layout.pSetLayouts = &pipeline.setLayout;
  VkShaderModuleCreateInfo code{};
  code.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
  code.codeSize = shader.spirv.size_bytes();
  code.pCode = shader.spirv.data();
  VkShaderModule module = VK_NULL_HANDLE;
  VkResult result = vk.vkCreatePipelineLayout(device, &layout, nullptr, &pipeline.layout);
  if (result == VK_SUCCESS) result = vk.vkCreateShaderModule(device, &code, nullptr, &module);
  if (result == VK_SUCCESS) {
    VkComputePipelineCreateInfo info{};
    info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
    info.stage.module = module;
    info.stage.pName = "main";
    info.layout = pipeline.layout;
    result =
        vk.vkCreateComputePipelines(device, pipelineCache_, 1, &info, nullptr, &pipeline.handle);
  }
  if (module != VK_NULL_HANDLE) vk.vkDestroyShaderModule(device, module, nullptr);
  if (result != VK_SUCCESS) {
    if (pipeline.layout != VK_NULL_HANDLE) {
      vk.vkDestroyPipelineLayout(device, pipeline.layout, nullptr);
    }
    vk.vkDestroyDescriptorSetLayout(device, pipeline.setLayout, nullptr);
    return check(result, what).error();
  }
  return pipeline;
}

/// What the driver compiled, for the next start; losing it costs time alone.
void VulkanDevice::savePipelines() {
  const std::lock_guard lock(pipelineMutex_);
  if (cachePath_.empty()) return;
  const DeviceFunctions& vk = logical_->functions;
  std::size_t bytes = 0;
  vk.vkGetPipelineCacheData(logical_->handle, pipelineCache_, &bytes, nullptr);
  if (bytes <= cachedBytes_) return;
  std::vector<char> data(bytes);
  if (vk.vkGetPipelineCacheData(logical_->handle, pipelineCache_, &bytes, data.data()) !=
      VK_SUCCESS) {
    return;
  }
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(cachePath_).parent_path(), ignored);
  const std::string part = cachePath_ + ".part";
  std::ofstream file(part, std::ios::binary);
  file.write(data.data(), static_cast<std::streamsize>(bytes));
  file.close();
  if (!file) return;
  std::filesystem::rename(part, cachePath_, ignored);
  cachedBytes_ = bytes;
}

core::Result<std::unique_ptr<Program>> VulkanDevice::compile(const Recording& recording,
                                                             const ProgramOptions& options) {
  if (isLost_) return Error{ErrorCode::kDeviceLost, info().name + " went away"};
  auto program = VulkanProgram::create(shared_from_this(), recording, options);
  savePipelines();
  return program;
}

}  // namespace stemwright::gpu::vulkan
