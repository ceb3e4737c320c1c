#include "gpu/metal/metal_device.h"

#import <Foundation/Foundation.h>
#import <Metal/Metal.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/trace.h"
#include "gpu/executions.h"
#include "shaders/args.h"

namespace stemwright::gpu::metal {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

std::string text(NSString* string) {
  return string == nil ? std::string() : std::string([string UTF8String]);
}

DeviceInfo describe(id<MTLDevice> device) {
  DeviceInfo info;
  info.id = "metal:" + std::to_string([device registryID]);
  info.name = text([device name]);
  info.api = "metal";
  info.driver = "macOS " + text([[NSProcessInfo processInfo] operatingSystemVersionString]);
  info.isUnified = [device hasUnifiedMemory];
  info.kind = info.isUnified ? DeviceKind::kIntegrated : DeviceKind::kDiscrete;
  info.memoryBytes = [device recommendedMaxWorkingSetSize];
  info.subgroupSize = 32;
  info.features = kHalf | kSubgroup;
  return info;
}

Error errorOf(NSError* error, const std::string& what) {
  const bool isLost = error != nil && ([error code] == MTLCommandBufferErrorAccessRevoked ||
                                       [error code] == MTLCommandBufferErrorDeviceRemoved ||
                                       [error code] == MTLCommandBufferErrorTimeout);
  const bool isFull = error != nil && [error code] == MTLCommandBufferErrorOutOfMemory;
  const ErrorCode code = isLost   ? ErrorCode::kDeviceLost
                         : isFull ? ErrorCode::kNoRoom
                                  : ErrorCode::kInternal;
  return {code, "Metal failed while " + what + ": " + text([error localizedDescription])};
}

class MetalDevice;

class MetalBuffer final : public Buffer {
 public:
  MetalBuffer(id<MTLBuffer> handle, std::size_t bytes,
              std::shared_ptr<std::atomic<std::uint64_t>> used)
      : handle_(handle), bytes_(bytes), used_(std::move(used)) {
    *used_ += bytes_;
  }
  ~MetalBuffer() override { *used_ -= bytes_; }
  std::size_t bytes() const noexcept override { return bytes_; }
  id<MTLBuffer> handle() const noexcept { return handle_; }

 private:
  id<MTLBuffer> handle_;
  std::size_t bytes_;
  std::shared_ptr<std::atomic<std::uint64_t>> used_;
};

/// [thread-safe]
class MetalDevice final : public Device, public std::enable_shared_from_this<MetalDevice> {
 public:
  MetalDevice(id<MTLDevice> handle, const DeviceOptions& options)
      : handle_(handle),
        queue_([handle newCommandQueue]),
        info_(describe(handle)),
        budget_(options.budgetBytes != 0 ? options.budgetBytes : info_.memoryBytes / 4 * 3),
        loseAfter_(options.loseAfter) {
    info_.features &= ~options.lacks;
  }

  const DeviceInfo& info() const noexcept override { return info_; }
  std::uint64_t usedBytes() const noexcept override { return *used_; }
  std::uint64_t budgetBytes() const noexcept override { return budget_; }
  bool isLost() const noexcept override { return isLost_; }
  id<MTLCommandQueue> queue() const noexcept { return queue_; }

  core::Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) override {
    auto made = allocate(
        bytes, info_.isUnified ? MTLResourceStorageModeShared : MTLResourceStorageModePrivate);
    if (!made.ok()) return made.error();
    return std::shared_ptr<Buffer>(std::move(made).value());
  }

  core::Result<std::shared_ptr<MetalBuffer>> allocate(std::size_t bytes,
                                                      MTLResourceOptions options) {
    const std::size_t size = std::max<std::size_t>(bytes, kOffsetAlignment);
    if (*used_ + size > budget_ || size > [handle_ maxBufferLength]) {
      return Error{ErrorCode::kNoRoom, "the graphics processor's budget of " +
                                           std::to_string(budget_ >> 20) + " MB is used up"};
    }
    id<MTLBuffer> buffer = [handle_ newBufferWithLength:size options:options];
    if (buffer == nil) {
      return Error{ErrorCode::kNoRoom, "the graphics processor has no memory left"};
    }
    return std::make_shared<MetalBuffer>(buffer, bytes, used_);
  }

  Status upload(Buffer& buffer, std::size_t offset, std::span<const std::byte> from) override {
    if (from.empty()) return {};
    id<MTLBuffer> to = static_cast<MetalBuffer&>(buffer).handle();
    if (info_.isUnified) {
      std::memcpy(static_cast<std::byte*>([to contents]) + offset, from.data(), from.size());
      return {};
    }
    id<MTLBuffer> staged = [handle_ newBufferWithBytes:from.data()
                                                length:from.size()
                                               options:MTLResourceStorageModeShared];
    return copy(staged, 0, to, offset, from.size());
  }

  Status download(const Buffer& buffer, std::size_t offset, std::span<std::byte> to) override {
    if (to.empty()) return {};
    id<MTLBuffer> from = static_cast<const MetalBuffer&>(buffer).handle();
    if (info_.isUnified) {
      std::memcpy(to.data(), static_cast<const std::byte*>([from contents]) + offset, to.size());
      return {};
    }
    id<MTLBuffer> staged = [handle_ newBufferWithLength:to.size()
                                                options:MTLResourceStorageModeShared];
    STEMWRIGHT_TRY(copy(from, offset, staged, 0, to.size()));
    std::memcpy(to.data(), [staged contents], to.size());
    return {};
  }

  core::Result<std::unique_ptr<Program>> compile(const Recording& recording,
                                                 const ProgramOptions& options) override;

  core::Result<id<MTLComputePipelineState>> pipelineFor(const Shader& shader) {
    const std::lock_guard lock(mutex_);
    if (const auto found = pipelines_.find(shader.name); found != pipelines_.end()) {
      return found->second;
    }
    if (!supports(shader) || shader.msl.empty()) {
      return Error{ErrorCode::kInvalidArgument,
                   info_.name + " lacks what " + std::string(shader.name) + " needs"};
    }
    MTLCompileOptions* options = [[MTLCompileOptions alloc] init];
    [options setFastMathEnabled:NO];  // or compensated sums would be optimised away
    NSString* source = [[NSString alloc] initWithBytes:shader.msl.data()
                                                length:shader.msl.size()
                                              encoding:NSUTF8StringEncoding];
    NSError* error = nil;
    id<MTLLibrary> library = [handle_ newLibraryWithSource:source options:options error:&error];
    if (library == nil) return errorOf(error, "compiling " + std::string(shader.name));
    const std::string name(shader.name);
    id<MTLFunction> function =
        [library newFunctionWithName:[NSString stringWithUTF8String:name.c_str()]];
    id<MTLComputePipelineState> pipeline =
        function == nil ? nil : [handle_ newComputePipelineStateWithFunction:function error:&error];
    if (pipeline == nil) return errorOf(error, "building " + name);
    const std::size_t threads =
        std::size_t{shader.localSize[0]} * shader.localSize[1] * shader.localSize[2];
    if ([pipeline maxTotalThreadsPerThreadgroup] < threads) {
      return Error{ErrorCode::kInternal, name + " takes more registers than the device has"};
    }
    pipelines_.emplace(shader.name, pipeline);
    return pipeline;
  }

  Status admit() {
    if (loseAfter_ && executions_++ >= *loseAfter_) isLost_ = true;
    if (isLost_) return Error{ErrorCode::kDeviceLost, info_.name + " went away"};
    return {};
  }

  /// What a command buffer that has ended says. @param what as in "while computing"
  Status check(id<MTLCommandBuffer> commands, const std::string& what) {
    if ([commands status] != MTLCommandBufferStatusError) return {};
    const Error error = errorOf([commands error], what);
    if (error.code == ErrorCode::kDeviceLost) isLost_ = true;
    return error;
  }

 private:
  Status copy(id<MTLBuffer> from, std::size_t fromOffset, id<MTLBuffer> to, std::size_t toOffset,
              std::size_t bytes) {
    id<MTLCommandBuffer> commands = [queue_ commandBuffer];
    id<MTLBlitCommandEncoder> encoder = [commands blitCommandEncoder];
    [encoder copyFromBuffer:from
               sourceOffset:fromOffset
                   toBuffer:to
          destinationOffset:toOffset
                       size:bytes];
    [encoder endEncoding];
    [commands commit];
    [commands waitUntilCompleted];
    return check(commands, "copying");
  }

  id<MTLDevice> handle_;
  id<MTLCommandQueue> queue_;
  DeviceInfo info_;
  const std::uint64_t budget_;
  std::shared_ptr<std::atomic<std::uint64_t>> used_ =
      std::make_shared<std::atomic<std::uint64_t>>(0);
  std::atomic<bool> isLost_{false};
  std::optional<unsigned> loseAfter_;
  std::atomic<unsigned> executions_{0};
  std::mutex mutex_;  ///< guards what follows
  std::map<std::string_view, id<MTLComputePipelineState>> pipelines_;
};

/// Metal has no command buffers that are replayed: each execution encodes the steps anew, which
/// takes about a millisecond while the one before computes.
class MetalProgram final : public Program {
 public:
  struct Slot {
    std::shared_ptr<MetalBuffer> input,
        output;  ///< shared memory, also where the device has its own
  };

  MetalProgram(std::shared_ptr<MetalDevice> device, const Recording& recording,
               const ProgramOptions& options)
      : Program(options), device_(std::move(device)), steps_(recording.steps()) {}

  Status prepare() {
    for (const auto& step : steps_) {
      for (const Dispatch& dispatch : step) {
        auto pipeline = device_->pipelineFor(*dispatch.shader);
        if (!pipeline.ok()) return pipeline.error();
        pipelines_.push_back(pipeline.value());
      }
    }
    if (pipelines_.empty()) return Error{ErrorCode::kInvalidArgument, "nothing was recorded"};
    slots_.resize(options_.slots);
    for (Slot& slot : slots_) {
      for (const auto& [bytes, to] : {std::pair{options_.inputBytes, &slot.input},
                                      std::pair{options_.outputBytes, &slot.output}}) {
        auto made = device_->allocate(bytes, MTLResourceStorageModeShared);
        if (!made.ok()) return made.error();
        *to = std::move(made).value();
      }
      free_.push_back(&slot);
    }
    auto unused = device_->allocate(kOffsetAlignment, MTLResourceStorageModeShared);
    if (!unused.ok()) return unused.error();
    unused_ = std::move(unused).value();
    return {};
  }

  ~MetalProgram() override {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return running_ == 0; });
  }

  bool tryBegin(std::span<const float> input, std::span<float> output, Done done) override {
    Slot* slot = nullptr;
    {
      const std::lock_guard lock(mutex_);
      if (free_.empty()) return false;
      slot = free_.back();
      free_.pop_back();
      ++running_;
    }
    start(*slot, input, output, std::move(done));
    return true;
  }

  void begin(std::span<const float> input, std::span<float> output, Done done) override {
    Slot* slot = nullptr;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return !free_.empty(); });
      slot = free_.back();
      free_.pop_back();
      ++running_;
    }
    start(*slot, input, output, std::move(done));
  }

  std::vector<OpTime> times() const override {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  double seconds() const override {
    const std::lock_guard lock(mutex_);
    return seconds_;
  }

 private:
  void start(Slot& slot, std::span<const float> input, std::span<float> output, Done done) {
    @autoreleasepool {
      submit(slot, input, output, done);
    }
  }

  Passage passage() const { return device_->info().isUnified ? Passage::kUnified : Passage::kHost; }

  void submit(Slot& slot, std::span<const float> input, std::span<float> output, const Done& done) {
    Status status = device_->admit();
    if (!status.ok()) return end(slot, done, status);
    if (!input.empty()) {
      const core::TraceRegion region(inputRegion(passage()));
      std::memcpy([slot.input->handle() contents], input.data(), input.size_bytes());
    }
    std::vector<OpTime> times;
    if (options_.isTimed) times = runOneByOne(slot);
    id<MTLCommandBuffer> commands = [device_->queue() commandBuffer];
    encode(slot, commands);
    // The block keeps what it names; the program outlives it, as its destructor waits.
    Slot* const running = &slot;
    [commands addCompletedHandler:^(id<MTLCommandBuffer> ended) {
      const Status result = device_->check(ended, "computing");
      if (result.ok() && !output.empty()) {
        const core::TraceRegion region(outputRegion(passage()));
        std::memcpy(output.data(), [running->output->handle() contents], output.size_bytes());
      }
      {
        const std::lock_guard lock(mutex_);
        seconds_ = [ended GPUEndTime] - [ended GPUStartTime];
        noteExecution(seconds_);
        times_ = times;
        traceExecution(seconds_, times_);
      }
      end(*running, done, result);
    }];
    [commands commit];
  }

  void end(Slot& slot, const Done& done, const Status& status) {
    {
      const std::lock_guard lock(mutex_);
      free_.push_back(&slot);
      changed_.notify_all();
    }
    if (done) done(status);
    const std::lock_guard lock(mutex_);
    --running_;
    changed_.notify_all();
  }

  void encodeOne(id<MTLComputeCommandEncoder> encoder, const Dispatch& dispatch, std::size_t index,
                 const Slot& slot) {
    [encoder setComputePipelineState:pipelines_[index]];
    for (unsigned b = 0; b < dispatch.shader->buffers; ++b) {
      const Binding& binding = dispatch.bindings[b];
      const Buffer* buffer = binding.buffer ? binding.buffer.get() : unused_.get();
      if (binding.source == Binding::Source::kInput) buffer = slot.input.get();
      if (binding.source == Binding::Source::kOutput) buffer = slot.output.get();
      [encoder setBuffer:static_cast<const MetalBuffer*>(buffer)->handle()
                  offset:binding.offset
                 atIndex:b];
    }
    [encoder setBytes:dispatch.args.data()
               length:dispatch.args.size()
              atIndex:STEMWRIGHT_ARGS_BINDING];
    const auto& local = dispatch.shader->localSize;
    [encoder dispatchThreadgroups:MTLSizeMake(dispatch.groups[0], dispatch.groups[1],
                                              dispatch.groups[2])
            threadsPerThreadgroup:MTLSizeMake(local[0], local[1], local[2])];
  }

  void encode(const Slot& slot, id<MTLCommandBuffer> commands) {
    id<MTLComputeCommandEncoder> encoder =
        [commands computeCommandEncoderWithDispatchType:MTLDispatchTypeConcurrent];
    std::size_t index = 0;
    for (std::size_t s = 0; s < steps_.size(); ++s) {
      if (s != 0) [encoder memoryBarrierWithScope:MTLBarrierScopeBuffers];
      for (const Dispatch& dispatch : steps_[s]) encodeOne(encoder, dispatch, index++, slot);
    }
    [encoder endEncoding];
  }

  /// Each dispatch in a command buffer of its own, whose time Metal tells.
  std::vector<OpTime> runOneByOne(const Slot& slot) {
    std::vector<OpTime> times;
    std::size_t index = 0;
    for (const auto& step : steps_) {
      for (const Dispatch& dispatch : step) {
        id<MTLCommandBuffer> commands = [device_->queue() commandBuffer];
        id<MTLComputeCommandEncoder> encoder =
            [commands computeCommandEncoderWithDispatchType:MTLDispatchTypeSerial];
        encodeOne(encoder, dispatch, index++, slot);
        [encoder endEncoding];
        [commands commit];
        [commands waitUntilCompleted];
        times.push_back({dispatch.label, std::string(dispatch.shader->name),
                         [commands GPUEndTime] - [commands GPUStartTime], dispatch.operations,
                         dispatch.bytes});
      }
    }
    return times;
  }

  const std::shared_ptr<MetalDevice> device_;
  const std::vector<std::vector<Dispatch>> steps_;
  std::vector<id<MTLComputePipelineState>> pipelines_;
  std::shared_ptr<MetalBuffer> unused_;
  std::vector<Slot> slots_;
  mutable std::mutex mutex_;  ///< guards what follows
  std::condition_variable changed_;
  std::vector<Slot*> free_;
  std::size_t running_ = 0;
  std::vector<OpTime> times_;
  double seconds_ = 0;
};

core::Result<std::unique_ptr<Program>> MetalDevice::compile(const Recording& recording,
                                                            const ProgramOptions& options) {
  if (isLost_) return Error{ErrorCode::kDeviceLost, info_.name + " went away"};
  auto program = std::make_unique<MetalProgram>(shared_from_this(), recording, options);
  STEMWRIGHT_TRY(program->prepare());
  return std::unique_ptr<Program>(std::move(program));
}

}  // namespace

Inventory findDevices() {
  Inventory inventory;
  for (id<MTLDevice> device in MTLCopyAllDevices()) inventory.devices.push_back(describe(device));
  if (inventory.devices.empty()) inventory.reason = "Metal finds no graphics processor here";
  return inventory;
}

core::Result<std::shared_ptr<Device>> openDevice(const std::string& wanted,
                                                 const DeviceOptions& options) {
  for (id<MTLDevice> device in MTLCopyAllDevices()) {
    if (describe(device).id == wanted) {
      return std::shared_ptr<Device>(std::make_shared<MetalDevice>(device, options));
    }
  }
  return Error{ErrorCode::kDeviceLost, "the graphics processor " + wanted + " is not there"};
}

}  // namespace stemwright::gpu::metal
