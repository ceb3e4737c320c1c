#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "gpu/device.h"
#include "gpu/vulkan/memory.h"

namespace stemwright::gpu::vulkan {

Inventory findDevices();
core::Result<std::shared_ptr<Device>> openDevice(const std::string& id,
                                                 const DeviceOptions& options);

/// A shader made ready for one device.
struct Pipeline {
  VkDescriptorSetLayout setLayout = VK_NULL_HANDLE;
  VkPipelineLayout layout = VK_NULL_HANDLE;
  VkPipeline handle = VK_NULL_HANDLE;
};

/// [thread-safe]
class VulkanDevice final : public Device, public std::enable_shared_from_this<VulkanDevice> {
 public:
  static core::Result<std::shared_ptr<Device>> create(std::shared_ptr<Instance> instance,
                                                      const PhysicalDevice& physical,
                                                      const DeviceOptions& options);
  ~VulkanDevice() override;

  const DeviceInfo& info() const noexcept override { return logical_->physical.info; }
  core::Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) override;
  core::Status upload(Buffer& buffer, std::size_t offset, std::span<const std::byte> from) override;
  core::Status download(const Buffer& buffer, std::size_t offset, std::span<std::byte> to) override;
  core::Result<std::unique_ptr<Program>> compile(const Recording& recording,
                                                 const ProgramOptions& options) override;
  std::uint64_t usedBytes() const noexcept override { return memory_->used(); }
  std::uint64_t budgetBytes() const noexcept override { return memory_->budget(); }
  bool isLost() const noexcept override { return isLost_; }

  const Logical& logical() const noexcept { return *logical_; }
  Memory& memory() noexcept { return *memory_; }
  core::Result<Pipeline> pipelineFor(const Shader& shader);
  VkQueue queueOf(std::uint32_t family) const noexcept;
  /// Remembers a lost device. `what` as in "while computing".
  core::Status check(VkResult result, const std::string& what);
  core::Status submit(VkQueue queue, const VkSubmitInfo& info, VkFence fence);
  /// Counts an execution; lost once the test's number has been reached.
  core::Status admit();

 private:
  VulkanDevice() = default;
  core::Status prepare(const DeviceOptions& options);
  core::Result<Pipeline> build(const Shader& shader);
  core::Status copy(VkBuffer from, std::size_t fromOffset, VkBuffer to, std::size_t toOffset,
                    std::size_t bytes);
  void savePipelines();

  std::shared_ptr<Logical> logical_;
  std::shared_ptr<Memory> memory_;
  VkQueue computeQueue_ = VK_NULL_HANDLE;
  VkQueue transferQueue_ = VK_NULL_HANDLE;
  std::mutex queueMutex_;
  std::atomic<bool> isLost_{false};
  std::optional<unsigned> loseAfter_;
  std::atomic<unsigned> executions_{0};

  std::mutex copyMutex_;  ///< guards what follows
  std::shared_ptr<Allocation> staging_;
  VkCommandPool copyPool_ = VK_NULL_HANDLE;
  VkCommandBuffer copyCommands_ = VK_NULL_HANDLE;
  VkFence copyFence_ = VK_NULL_HANDLE;

  std::mutex pipelineMutex_;  ///< guards what follows
  std::string cachePath_;
  std::size_t cachedBytes_ = 0;
  VkPipelineCache pipelineCache_ = VK_NULL_HANDLE;
  std::map<std::string_view, Pipeline> pipelines_;
};

}  // namespace stemwright::gpu::vulkan
