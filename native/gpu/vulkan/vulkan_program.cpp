#include "gpu/vulkan/vulkan_program.h"

#include <cstring>
#include <system_error>
#include <utility>

#include "core/trace.h"
#include "gpu/executions.h"
#include "shaders/args.h"

namespace stemwright::gpu::vulkan {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

Passage passageOf(bool isStaged) {
  return isStaged ? Passage::kStaged : Passage::kUnified;
}

VkSemaphore makeTimeline(const Logical& device) {
  VkSemaphoreTypeCreateInfo type{};
  type.sType = VK_STRUCTURE_TYPE_SEMAPHORE_TYPE_CREATE_INFO;
  type.semaphoreType = VK_SEMAPHORE_TYPE_TIMELINE;
  VkSemaphoreCreateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO;
  info.pNext = &type;
  VkSemaphore semaphore = VK_NULL_HANDLE;
  device.functions.vkCreateSemaphore(device.handle, &info, nullptr, &semaphore);
  return semaphore;
}

void barrier(const DeviceFunctions& vk, VkCommandBuffer commands, VkPipelineStageFlags from,
             VkAccessFlags written, VkPipelineStageFlags to, VkAccessFlags used) {
  VkMemoryBarrier memory{};
  memory.sType = VK_STRUCTURE_TYPE_MEMORY_BARRIER;
  memory.srcAccessMask = written;
  memory.dstAccessMask = used;
  vk.vkCmdPipelineBarrier(commands, from, to, 0, 1, &memory, 0, nullptr, 0, nullptr);
}

void computeBarrier(const DeviceFunctions& vk, VkCommandBuffer commands) {
  barrier(vk, commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
          VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
          VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
}

}  // namespace

VulkanProgram::VulkanProgram(std::shared_ptr<VulkanDevice> device, const ProgramOptions& options)
    : Program(options), device_(std::move(device)) {}

core::Result<std::unique_ptr<Program>> VulkanProgram::create(std::shared_ptr<VulkanDevice> device,
                                                             const Recording& recording,
                                                             const ProgramOptions& options) {
  std::unique_ptr<VulkanProgram> program(new VulkanProgram(std::move(device), options));
  program->steps_ = recording.steps();
  STEMWRIGHT_TRY(program->prepare());
  try {
    program->watcher_ = std::thread([raw = program.get()] { raw->watch(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kNoRoom,
                 std::string("no thread for the graphics processor: ") + error.what()};
  }
  return std::unique_ptr<Program>(std::move(program));
}

VulkanProgram::~VulkanProgram() {
  {
    const std::lock_guard lock(mutex_);
    isEnding_ = true;
  }
  changed_.notify_all();
  if (watcher_.joinable()) watcher_.join();
  const Logical& logical = device_->logical();
  const DeviceFunctions& vk = logical.functions;
  for (Slot& slot : slots_) {
    if (slot.queries != VK_NULL_HANDLE)
      vk.vkDestroyQueryPool(logical.handle, slot.queries, nullptr);
  }
  if (descriptors_ != VK_NULL_HANDLE) {
    vk.vkDestroyDescriptorPool(logical.handle, descriptors_, nullptr);
  }
  for (const VkCommandPool pool : {computePool_, transferPool_}) {
    if (pool != VK_NULL_HANDLE) vk.vkDestroyCommandPool(logical.handle, pool, nullptr);
  }
  for (const VkSemaphore semaphore : {uploaded_, computed_, finished_}) {
    if (semaphore != VK_NULL_HANDLE) vk.vkDestroySemaphore(logical.handle, semaphore, nullptr);
  }
}

Status VulkanProgram::prepare() {
  const Logical& logical = device_->logical();
  const DeviceFunctions& vk = logical.functions;
  std::uint32_t buffers = 0;
  for (const auto& step : steps_) {
    for (const Dispatch& dispatch : step) {
      auto pipeline = device_->pipelineFor(*dispatch.shader);
      if (!pipeline.ok()) return pipeline.error();
      pipelines_.push_back(pipeline.value());
      buffers += dispatch.shader->buffers;
    }
  }
  if (pipelines_.empty()) return Error{ErrorCode::kInvalidArgument, "nothing was recorded"};
  STEMWRIGHT_TRY(writeArgs());

  const auto count = static_cast<std::uint32_t>(pipelines_.size());
  const VkDescriptorPoolSize sizes[] = {
      {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, buffers * options_.slots + 1},
      {VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER, count * options_.slots},
  };
  VkDescriptorPoolCreateInfo pool{};
  pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
  pool.maxSets = count * options_.slots;
  pool.poolSizeCount = 2;
  pool.pPoolSizes = sizes;
  STEMWRIGHT_TRY(device_->check(
      vk.vkCreateDescriptorPool(logical.handle, &pool, nullptr, &descriptors_), "binding buffers"));
  VkCommandPoolCreateInfo commands{};
  commands.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
  commands.queueFamilyIndex = logical.physical.computeFamily;
  STEMWRIGHT_TRY(device_->check(
      vk.vkCreateCommandPool(logical.handle, &commands, nullptr, &computePool_), "recording"));
  commands.queueFamilyIndex = logical.physical.transferFamily;
  STEMWRIGHT_TRY(device_->check(
      vk.vkCreateCommandPool(logical.handle, &commands, nullptr, &transferPool_), "recording"));
  uploaded_ = makeTimeline(logical);
  computed_ = makeTimeline(logical);
  finished_ = makeTimeline(logical);
  if (uploaded_ == VK_NULL_HANDLE || computed_ == VK_NULL_HANDLE || finished_ == VK_NULL_HANDLE) {
    return Error{ErrorCode::kNoRoom, "the graphics processor gives no semaphore"};
  }
  return makeSlots();
}

/// All argument blocks in one buffer, kOffsetAlignment apart.
Status VulkanProgram::writeArgs() {
  std::vector<std::byte> blocks(pipelines_.size() * kOffsetAlignment);
  std::size_t index = 0;
  for (const auto& step : steps_) {
    for (const Dispatch& dispatch : step) {
      std::memcpy(blocks.data() + index++ * kOffsetAlignment, dispatch.args.data(),
                  dispatch.args.size());
    }
  }
  auto args = device_->allocate(blocks.size());
  if (!args.ok()) return args.error();
  args_ = std::move(args).value();
  auto unused = device_->allocate(kOffsetAlignment);
  if (!unused.ok()) return unused.error();
  unused_ = std::move(unused).value();
  return device_->upload(*args_, 0, blocks);
}

Status VulkanProgram::makeSlots() {
  const bool isUnified = device_->info().isUnified;
  slots_.resize(options_.slots);
  for (Slot& slot : slots_) {
    const auto take = [&](std::size_t bytes, Use use, std::shared_ptr<Allocation>& to) -> Status {
      auto made = device_->memory().allocate(bytes, use);
      if (!made.ok()) return made.error();
      to = std::move(made).value();
      return {};
    };
    STEMWRIGHT_TRY(take(options_.inputBytes, Use::kDevice, slot.input));
    STEMWRIGHT_TRY(take(options_.outputBytes, Use::kDevice, slot.output));
    if (isUnified && slot.input->mapped() != nullptr && slot.output->mapped() != nullptr) {
      slot.staged = slot.input;
      slot.unstaged = slot.output;
    } else {
      STEMWRIGHT_TRY(take(options_.inputBytes, Use::kHost, slot.staged));
      STEMWRIGHT_TRY(take(options_.outputBytes, Use::kHost, slot.unstaged));
    }
    STEMWRIGHT_TRY(makeSets(slot));
    STEMWRIGHT_TRY(record(slot));
    free_.push_back(&slot);
  }
  return {};
}

Status VulkanProgram::makeSets(Slot& slot) {
  const Logical& logical = device_->logical();
  std::vector<VkDescriptorSetLayout> layouts;
  for (const Pipeline& pipeline : pipelines_) layouts.push_back(pipeline.setLayout);
  slot.sets.resize(layouts.size());
  VkDescriptorSetAllocateInfo info{};
  info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
  info.descriptorPool = descriptors_;
  info.descriptorSetCount = static_cast<std::uint32_t>(layouts.size());
  info.pSetLayouts = layouts.data();
  STEMWRIGHT_TRY(device_->check(
      logical.functions.vkAllocateDescriptorSets(logical.handle, &info, slot.sets.data()),
      "binding buffers"));
  std::size_t index = 0;
  for (const auto& step : steps_) {
    for (const Dispatch& dispatch : step) {
      std::vector<VkDescriptorBufferInfo> ranges;
      std::vector<VkWriteDescriptorSet> writes;
      ranges.reserve(dispatch.shader->buffers + 1);
      const auto write = [&](std::uint32_t binding, VkDescriptorType type, const Allocation& buffer,
                             std::size_t offset, std::size_t bytes) {
        ranges.push_back({buffer.handle(), buffer.offset() + offset, bytes});
        VkWriteDescriptorSet one{};
        one.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
        one.dstSet = slot.sets[index];
        one.dstBinding = binding;
        one.descriptorCount = 1;
        one.descriptorType = type;
        one.pBufferInfo = &ranges.back();
        writes.push_back(one);
      };
      for (unsigned b = 0; b < dispatch.shader->buffers; ++b) {
        const Binding& binding = dispatch.bindings[b];
        const Buffer* buffer = binding.buffer ? binding.buffer.get() : unused_.get();
        if (binding.source == Binding::Source::kInput) buffer = slot.input.get();
        if (binding.source == Binding::Source::kOutput) buffer = slot.output.get();
        const std::size_t bytes = binding.bytes != 0 ? binding.bytes : kOffsetAlignment;
        if (bytes > logical.physical.limits.maxStorageBufferRange) {
          return Error{ErrorCode::kNoRoom, dispatch.label + ": " + device_->info().name +
                                               " binds no buffer of " +
                                               std::to_string(bytes >> 20) + " MB"};
        }
        write(b, VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, static_cast<const Allocation&>(*buffer),
              binding.offset, bytes);
      }
      write(STEMWRIGHT_ARGS_BINDING, VK_DESCRIPTOR_TYPE_UNIFORM_BUFFER,
            static_cast<const Allocation&>(*args_), index * kOffsetAlignment,
            dispatch.shader->argBytes);
      logical.functions.vkUpdateDescriptorSets(
          logical.handle, static_cast<std::uint32_t>(writes.size()), writes.data(), 0, nullptr);
      ++index;
    }
  }
  return {};
}

Status VulkanProgram::record(Slot& slot) {
  const Logical& logical = device_->logical();
  const DeviceFunctions& vk = logical.functions;
  VkCommandBufferAllocateInfo allocate{};
  allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
  allocate.commandPool = computePool_;
  allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
  allocate.commandBufferCount = 1;
  STEMWRIGHT_TRY(device_->check(
      vk.vkAllocateCommandBuffers(logical.handle, &allocate, &slot.compute), "recording"));
  VkQueryPoolCreateInfo queries{};
  queries.sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO;
  queries.queryType = VK_QUERY_TYPE_TIMESTAMP;
  queries.queryCount =
      options_.isTimed ? static_cast<std::uint32_t>(pipelines_.size()) + 1 : std::uint32_t{2};
  STEMWRIGHT_TRY(device_->check(
      vk.vkCreateQueryPool(logical.handle, &queries, nullptr, &slot.queries), "recording"));

  VkCommandBufferBeginInfo begin{};
  begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
  STEMWRIGHT_TRY(device_->check(vk.vkBeginCommandBuffer(slot.compute, &begin), "recording"));
  vk.vkCmdResetQueryPool(slot.compute, slot.queries, 0, queries.queryCount);
  // The workspace is shared: wait for the execution before this one, and for the host's writes.
  barrier(vk, slot.compute, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
          VK_ACCESS_MEMORY_WRITE_BIT | VK_ACCESS_HOST_WRITE_BIT, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT,
          VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
  vk.vkCmdWriteTimestamp(slot.compute, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, slot.queries, 0);
  std::uint32_t index = 0;
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    if (s != 0 && !options_.isTimed) computeBarrier(vk, slot.compute);
    for (const Dispatch& dispatch : steps_[s]) {
      if (options_.isTimed && index != 0) computeBarrier(vk, slot.compute);
      const Pipeline& pipeline = pipelines_[index];
      vk.vkCmdBindPipeline(slot.compute, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.handle);
      vk.vkCmdBindDescriptorSets(slot.compute, VK_PIPELINE_BIND_POINT_COMPUTE, pipeline.layout, 0,
                                 1, &slot.sets[index], 0, nullptr);
      vk.vkCmdDispatch(slot.compute, dispatch.groups[0], dispatch.groups[1], dispatch.groups[2]);
      ++index;
      if (options_.isTimed) {
        vk.vkCmdWriteTimestamp(slot.compute, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, slot.queries,
                               index);
      }
    }
  }
  if (!options_.isTimed) {
    vk.vkCmdWriteTimestamp(slot.compute, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, slot.queries, 1);
  }
  barrier(vk, slot.compute, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT,
          VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
          VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_HOST_READ_BIT);
  STEMWRIGHT_TRY(device_->check(vk.vkEndCommandBuffer(slot.compute), "recording"));
  return slot.staged == slot.input ? Status() : recordCopies(slot);
}

/// Copies on the transfer queue, so that they overlap with other executions' computation.
Status VulkanProgram::recordCopies(Slot& slot) {
  const Logical& logical = device_->logical();
  const DeviceFunctions& vk = logical.functions;
  const auto recordOne = [&](const Allocation& from, const Allocation& to, std::size_t bytes,
                             VkCommandBuffer& commands) -> Status {
    VkCommandBufferAllocateInfo allocate{};
    allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
    allocate.commandPool = transferPool_;
    allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
    allocate.commandBufferCount = 1;
    STEMWRIGHT_TRY(device_->check(vk.vkAllocateCommandBuffers(logical.handle, &allocate, &commands),
                                  "recording"));
    VkCommandBufferBeginInfo begin{};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    STEMWRIGHT_TRY(device_->check(vk.vkBeginCommandBuffer(commands, &begin), "recording"));
    const VkBufferCopy region{from.offset(), to.offset(), bytes};
    if (bytes != 0) vk.vkCmdCopyBuffer(commands, from.handle(), to.handle(), 1, &region);
    barrier(vk, commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
            VK_PIPELINE_STAGE_ALL_COMMANDS_BIT | VK_PIPELINE_STAGE_HOST_BIT,
            VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_HOST_READ_BIT);
    return device_->check(vk.vkEndCommandBuffer(commands), "recording");
  };
  STEMWRIGHT_TRY(recordOne(*slot.staged, *slot.input, options_.inputBytes, slot.upload));
  return recordOne(*slot.output, *slot.unstaged, options_.outputBytes, slot.download);
}

bool VulkanProgram::tryBegin(std::span<const float> input, std::span<float> output, Done done) {
  Slot* slot = nullptr;
  {
    const std::lock_guard lock(mutex_);
    if (free_.empty()) return false;
    slot = free_.back();
    free_.pop_back();
  }
  start(*slot, input, output, std::move(done));
  return true;
}

void VulkanProgram::begin(std::span<const float> input, std::span<float> output, Done done) {
  Slot* slot = nullptr;
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !free_.empty(); });
    slot = free_.back();
    free_.pop_back();
  }
  start(*slot, input, output, std::move(done));
}

void VulkanProgram::start(Slot& slot, std::span<const float> input, std::span<float> output,
                          Done done) {
  slot.to = output;
  slot.done = std::move(done);
  slot.failed = {};
  if (!input.empty()) {
    const core::TraceRegion region(inputRegion(passageOf(slot.staged != slot.input)));
    std::memcpy(slot.staged->mapped(), input.data(), input.size_bytes());
  }
  {
    const std::lock_guard lock(mutex_);
    if (slot.failed.ok()) slot.failed = device_->admit();
    if (slot.failed.ok()) {
      slot.number = submitted_ + 1;
      slot.failed = submit(slot);
      if (slot.failed.ok()) ++submitted_;
    }
    running_.push_back(&slot);
  }
  changed_.notify_all();
}

Status VulkanProgram::submit(Slot& slot) {
  const PhysicalDevice& physical = device_->logical().physical;
  const auto one = [&](std::uint32_t family, VkCommandBuffer commands, VkSemaphore wait,
                       VkSemaphore signal) {
    VkTimelineSemaphoreSubmitInfo values{};
    values.sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO;
    values.waitSemaphoreValueCount = wait == VK_NULL_HANDLE ? 0 : 1;
    values.pWaitSemaphoreValues = &slot.number;
    values.signalSemaphoreValueCount = 1;
    values.pSignalSemaphoreValues = &slot.number;
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info{};
    info.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    info.pNext = &values;
    info.waitSemaphoreCount = values.waitSemaphoreValueCount;
    info.pWaitSemaphores = &wait;
    info.pWaitDstStageMask = &stage;
    info.commandBufferCount = 1;
    info.pCommandBuffers = &commands;
    info.signalSemaphoreCount = 1;
    info.pSignalSemaphores = &signal;
    return device_->submit(device_->queueOf(family), info, VK_NULL_HANDLE);
  };
  if (slot.upload == VK_NULL_HANDLE) {
    return one(physical.computeFamily, slot.compute, VK_NULL_HANDLE, finished_);
  }
  STEMWRIGHT_TRY(one(physical.transferFamily, slot.upload, VK_NULL_HANDLE, uploaded_));
  STEMWRIGHT_TRY(one(physical.computeFamily, slot.compute, uploaded_, computed_));
  return one(physical.transferFamily, slot.download, computed_, finished_);
}

/// Waits for executions in their order and reports them.
void VulkanProgram::watch() {
  while (true) {
    Slot* slot = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !running_.empty() || isEnding_; });
      if (running_.empty()) return;
      slot = running_.front();
    }
    finish(*slot);
  }
}

void VulkanProgram::finish(Slot& slot) {
  const Logical& logical = device_->logical();
  if (slot.failed.ok()) {
    VkSemaphoreWaitInfo wait{};
    wait.sType = VK_STRUCTURE_TYPE_SEMAPHORE_WAIT_INFO;
    wait.semaphoreCount = 1;
    wait.pSemaphores = &finished_;
    wait.pValues = &slot.number;
    slot.failed = device_->check(
        logical.functions.vkWaitSemaphores(logical.handle, &wait, ~std::uint64_t{0}), "computing");
  }
  if (slot.failed.ok()) {
    readTimes(slot);
    if (!slot.to.empty()) {
      const core::TraceRegion region(outputRegion(passageOf(slot.unstaged != slot.output)));
      std::memcpy(slot.to.data(), slot.unstaged->mapped(), slot.to.size_bytes());
    }
  }
  const Done done = std::move(slot.done);
  const Status status = std::move(slot.failed);
  {
    const std::lock_guard lock(mutex_);
    running_.pop_front();
    free_.push_back(&slot);
  }
  changed_.notify_all();
  if (done) done(status);
}

void VulkanProgram::readTimes(const Slot& slot) {
  const Logical& logical = device_->logical();
  std::vector<std::uint64_t> ticks(options_.isTimed ? pipelines_.size() + 1 : 2);
  const VkResult result = logical.functions.vkGetQueryPoolResults(
      logical.handle, slot.queries, 0, static_cast<std::uint32_t>(ticks.size()),
      ticks.size() * sizeof(ticks[0]), ticks.data(), sizeof(ticks[0]), VK_QUERY_RESULT_64_BIT);
  if (result != VK_SUCCESS) return;
  const double tick = static_cast<double>(logical.physical.limits.timestampPeriod) * 1e-9;
  const std::lock_guard lock(mutex_);
  seconds_ = static_cast<double>(ticks.back() - ticks.front()) * tick;
  noteExecution(seconds_);
  times_.clear();
  std::size_t index = 0;
  for (const auto& step : options_.isTimed ? steps_ : decltype(steps_){}) {
    for (const Dispatch& dispatch : step) {
      times_.push_back({dispatch.label, std::string(dispatch.shader->name),
                        static_cast<double>(ticks[index + 1] - ticks[index]) * tick,
                        dispatch.operations, dispatch.bytes});
      ++index;
    }
  }
  traceExecution(seconds_, times_);
}

std::vector<OpTime> VulkanProgram::times() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

double VulkanProgram::seconds() const {
  const std::lock_guard lock(mutex_);
  return seconds_;
}

}  // namespace stemwright::gpu::vulkan
