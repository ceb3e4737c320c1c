#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/result.h"
#include "gpu/recording.h"
#include "gpu/vulkan/instance.h"

namespace stemwright::gpu::vulkan {

/// A logical device; dies after all that was made from it.
struct Logical {
  ~Logical();
  std::shared_ptr<Instance> instance;
  PhysicalDevice physical;
  VkDevice handle = VK_NULL_HANDLE;
  DeviceFunctions functions;
};

/// What memory is for.
enum class Use {
  kDevice,  ///< fastest for the device; mapped too where memory is unified
  kHost,    ///< mapped, what copies go through
};

class Memory;

/// A range of a block.
class Allocation final : public Buffer {
 public:
  ~Allocation() override;
  std::size_t bytes() const noexcept override { return bytes_; }
  VkBuffer handle() const noexcept { return handle_; }
  std::size_t offset() const noexcept { return offset_; }
  /// Null where the processor cannot see it.
  std::byte* mapped() const noexcept { return mapped_; }

 private:
  friend class Memory;
  std::shared_ptr<Memory> memory_;
  void* block_ = nullptr;
  VkBuffer handle_ = VK_NULL_HANDLE;
  std::size_t offset_ = 0;
  std::size_t bytes_ = 0;
  std::byte* mapped_ = nullptr;
};

/// Hands out ranges of large blocks, within a budget of device memory. [thread-safe]
class Memory : public std::enable_shared_from_this<Memory> {
 public:
  Memory(std::shared_ptr<Logical> device, std::uint64_t budget);
  ~Memory();

  core::Result<std::shared_ptr<Allocation>> allocate(std::size_t bytes, Use use);
  std::uint64_t used() const;
  std::uint64_t budget() const noexcept { return budget_; }

 private:
  friend class Allocation;
  struct Block;
  core::Result<Block*> grow(std::size_t bytes, Use use);
  void release(Block* block, std::size_t offset, std::size_t bytes);

  const std::shared_ptr<Logical> device_;
  const std::uint64_t budget_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<Block>> blocks_;
  std::uint64_t deviceBytes_ = 0;
};

}  // namespace stemwright::gpu::vulkan
