#include "gpu/vulkan/memory.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

namespace stemwright::gpu::vulkan {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kBlockBytes = std::size_t{64} << 20;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kOffsetAlignment - 1) / kOffsetAlignment * kOffsetAlignment;
}

/// The first type that the buffer may lie in with all the wanted properties.
std::optional<std::uint32_t> typeWith(const VkPhysicalDeviceMemoryProperties& memory,
                                      std::uint32_t allowed, VkMemoryPropertyFlags wanted) {
  for (std::uint32_t i = 0; i < memory.memoryTypeCount; ++i) {
    const bool fits = (memory.memoryTypes[i].propertyFlags & wanted) == wanted;
    if (fits && (allowed >> i & 1u) != 0) return i;
  }
  return std::nullopt;
}

constexpr VkMemoryPropertyFlags kMapped =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

std::optional<std::uint32_t> typeFor(const PhysicalDevice& device, std::uint32_t allowed, Use use) {
  std::vector<VkMemoryPropertyFlags> wishes;
  if (use == Use::kHost) {
    wishes = {kMapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT, kMapped};
  } else if (device.info.isUnified) {
    wishes = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | kMapped | VK_MEMORY_PROPERTY_HOST_CACHED_BIT,
              VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT | kMapped, VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT};
  } else {
    wishes = {VK_MEMORY_PROPERTY_DEVICE_LOCAL_BIT, 0};
  }
  for (const VkMemoryPropertyFlags wish : wishes) {
    if (const auto type = typeWith(device.memory, allowed, wish)) return type;
  }
  return std::nullopt;
}

}  // namespace

struct Memory::Block {
  Use use;
  VkDeviceMemory memory = VK_NULL_HANDLE;
  VkBuffer buffer = VK_NULL_HANDLE;
  std::size_t bytes = 0;
  std::byte* mapped = nullptr;
  std::map<std::size_t, std::size_t> free;  ///< offset -> bytes
};

Logical::~Logical() {
  if (handle != VK_NULL_HANDLE) functions.vkDestroyDevice(handle, nullptr);
}

Allocation::~Allocation() {
  if (memory_) memory_->release(static_cast<Memory::Block*>(block_), offset_, aligned(bytes_));
}

Memory::Memory(std::shared_ptr<Logical> device, std::uint64_t budget)
    : device_(std::move(device)), budget_(budget) {}

Memory::~Memory() {
  for (const auto& block : blocks_) {
    device_->functions.vkDestroyBuffer(device_->handle, block->buffer, nullptr);
    device_->functions.vkFreeMemory(device_->handle, block->memory, nullptr);
  }
}

std::uint64_t Memory::used() const {
  const std::lock_guard lock(mutex_);
  return deviceBytes_;
}

core::Result<std::shared_ptr<Allocation>> Memory::allocate(std::size_t bytes, Use use) {
  const std::size_t wanted = aligned(std::max<std::size_t>(bytes, 1));
  const std::lock_guard lock(mutex_);
  const auto fits = [&](const auto& range) { return range.second >= wanted; };
  Block* chosen = nullptr;
  for (const auto& block : blocks_) {
    if (block->use == use && std::any_of(block->free.begin(), block->free.end(), fits)) {
      chosen = block.get();
      break;
    }
  }
  if (chosen == nullptr) {
    auto grown = grow(wanted, use);
    if (!grown.ok()) return grown.error();
    chosen = grown.value();
  }
  const auto range = std::find_if(chosen->free.begin(), chosen->free.end(), fits);
  const auto [offset, size] = *range;
  chosen->free.erase(range);
  if (size > wanted) chosen->free.emplace(offset + wanted, size - wanted);

  auto allocation = std::make_shared<Allocation>();
  allocation->memory_ = shared_from_this();
  allocation->block_ = chosen;
  allocation->handle_ = chosen->buffer;
  allocation->offset_ = offset;
  allocation->bytes_ = bytes;
  allocation->mapped_ = chosen->mapped == nullptr ? nullptr : chosen->mapped + offset;
  return allocation;
}

core::Result<Memory::Block*> Memory::grow(std::size_t bytes, Use use) {
  const bool counts = use == Use::kDevice;
  const std::uint64_t left = counts ? budget_ - std::min(budget_, deviceBytes_) : ~0ull;
  if (bytes > left || bytes > device_->physical.maxAllocation) {
    return Error{ErrorCode::kNoRoom, "the graphics processor's budget of " +
                                         std::to_string(budget_ >> 20) + " MB is used up"};
  }
  const std::size_t size =
      left < kBlockBytes ? bytes : std::max(bytes, counts ? kBlockBytes : kBlockBytes / 4);
  const DeviceFunctions& vk = device_->functions;
  auto block = std::make_unique<Block>();
  block->use = use;
  block->bytes = size;

  const std::array families = {device_->physical.computeFamily, device_->physical.transferFamily};
  VkBufferCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
  info.size = size;
  info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT |
               VK_BUFFER_USAGE_TRANSFER_SRC_BIT | VK_BUFFER_USAGE_TRANSFER_DST_BIT;
  if (families[0] != families[1]) {
    info.sharingMode = VK_SHARING_MODE_CONCURRENT;
    info.queueFamilyIndexCount = 2;
    info.pQueueFamilyIndices = families.data();
  }
  VkResult result = vk.vkCreateBuffer(device_->handle, &info, nullptr, &block->buffer);
  if (result != VK_SUCCESS) return errorOf(result, "making a buffer");
  VkMemoryRequirements needs{};
  vk.vkGetBufferMemoryRequirements(device_->handle, block->buffer, &needs);
  const auto type = typeFor(device_->physical, needs.memoryTypeBits, use);
  VkMemoryAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
  allocate.allocationSize = needs.size;
  allocate.memoryTypeIndex = type.value_or(0);
  result = type ? vk.vkAllocateMemory(device_->handle, &allocate, nullptr, &block->memory)
                : VK_ERROR_OUT_OF_DEVICE_MEMORY;
  if (result == VK_SUCCESS) {
    result = vk.vkBindBufferMemory(device_->handle, block->buffer, block->memory, 0);
  }
  const bool isMapped =
      type && (device_->physical.memory.memoryTypes[*type].propertyFlags & kMapped) == kMapped &&
      (use == Use::kHost || device_->physical.info.isUnified);
  if (result == VK_SUCCESS && isMapped) {
    void* mapped = nullptr;
    result = vk.vkMapMemory(device_->handle, block->memory, 0, VK_WHOLE_SIZE, 0, &mapped);
    block->mapped = static_cast<std::byte*>(mapped);
  }
  if (result != VK_SUCCESS) {
    vk.vkDestroyBuffer(device_->handle, block->buffer, nullptr);
    if (block->memory != VK_NULL_HANDLE) vk.vkFreeMemory(device_->handle, block->memory, nullptr);
    return errorOf(result, std::to_string(size >> 20) + " MB");
  }
  block->free.emplace(0, size);
  if (counts) deviceBytes_ += size;
  blocks_.push_back(std::move(block));
  return blocks_.back().get();
}

/// Joins the range with its free neighbours; a block that is free as a whole goes back.
void Memory::release(Block* block, std::size_t offset, std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  auto [at, isNew] = block->free.emplace(offset, std::max(bytes, kOffsetAlignment));
  if (const auto next = std::next(at);
      next != block->free.end() && at->first + at->second == next->first) {
    at->second += next->second;
    block->free.erase(next);
  }
  if (at != block->free.begin()) {
    const auto before = std::prev(at);
    if (before->first + before->second == at->first) {
      before->second += at->second;
      block->free.erase(at);
    }
  }
  if (block->free.size() != 1 || block->free.begin()->second != block->bytes) return;
  if (block->use == Use::kDevice) deviceBytes_ -= block->bytes;
  device_->functions.vkDestroyBuffer(device_->handle, block->buffer, nullptr);
  device_->functions.vkFreeMemory(device_->handle, block->memory, nullptr);
  std::erase_if(blocks_, [&](const auto& one) { return one.get() == block; });
}

}  // namespace stemwright::gpu::vulkan
