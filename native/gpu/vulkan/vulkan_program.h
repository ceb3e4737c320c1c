#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "gpu/vulkan/vulkan_device.h"

namespace stemwright::gpu::vulkan {

class VulkanProgram final : public Program {
 public:
  static core::Result<std::unique_ptr<Program>> create(std::shared_ptr<VulkanDevice> device,
                                                       const Recording& recording,
                                                       const ProgramOptions& options);
  ~VulkanProgram() override;

  std::vector<OpTime> times() const override;
  double seconds() const override;

 protected:
  bool tryBegin(std::span<const float> input, std::span<float> output, Done done) override;
  void begin(std::span<const float> input, std::span<float> output, Done done) override;

 private:
  /// What one execution in flight has for itself.
  struct Slot {
    std::shared_ptr<Allocation> input, output;     ///< what the shaders see
    std::shared_ptr<Allocation> staged, unstaged;  ///< mapped; the same where memory is unified
    VkCommandBuffer upload = VK_NULL_HANDLE;       ///< null: nothing is copied
    VkCommandBuffer compute = VK_NULL_HANDLE;
    VkCommandBuffer download = VK_NULL_HANDLE;
    VkQueryPool queries = VK_NULL_HANDLE;
    std::vector<VkDescriptorSet> sets;
    std::span<float> to;
    Done done;
    std::uint64_t number = 0;  ///< of the execution
    core::Status failed;
  };

  VulkanProgram(std::shared_ptr<VulkanDevice> device, const ProgramOptions& options);
  core::Status prepare();
  core::Status writeArgs();
  core::Status makeSlots();
  core::Status makeSets(Slot& slot);
  core::Status record(Slot& slot);
  core::Status recordCopies(Slot& slot);
  void start(Slot& slot, std::span<const float> input, std::span<float> output, Done done);
  core::Status submit(Slot& slot);
  void finish(Slot& slot);
  void readTimes(const Slot& slot);
  void watch();

  const std::shared_ptr<VulkanDevice> device_;
  std::vector<std::vector<Dispatch>> steps_;
  std::vector<Pipeline> pipelines_;  ///< one a dispatch, in order
  std::shared_ptr<Buffer> args_;
  std::shared_ptr<Buffer> unused_;  ///< bound where a shader's buffer is not used
  VkCommandPool computePool_ = VK_NULL_HANDLE;
  VkCommandPool transferPool_ = VK_NULL_HANDLE;
  VkDescriptorPool descriptors_ = VK_NULL_HANDLE;
  VkSemaphore uploaded_ = VK_NULL_HANDLE;
  VkSemaphore computed_ = VK_NULL_HANDLE;
  VkSemaphore finished_ = VK_NULL_HANDLE;
  std::vector<Slot> slots_;

  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::vector<Slot*> free_;
  std::deque<Slot*> running_;
  std::uint64_t submitted_ = 0;
  bool isEnding_ = false;
  std::vector<OpTime> times_;
  double seconds_ = 0;
  std::thread watcher_;
};

}  // namespace stemwright::gpu::vulkan
