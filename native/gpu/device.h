#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/async_executor.h"
#include "core/result.h"
#include "gpu/recording.h"

namespace stemwright::gpu {

enum class DeviceKind {
  kDiscrete,
  kIntegrated,
  kSoftware,  ///< a driver that computes on the CPU: never chosen by itself
  kOther,
};

struct DeviceInfo {
  std::string id{};  ///< the same from run to run: API, vendor, device, place
  std::string name{};
  std::string api{};     ///< "vulkan" or "metal"
  std::string driver{};  ///< name and version
  DeviceKind kind = DeviceKind::kOther;
  std::uint64_t memoryBytes = 0;
  bool isUnified = false;  ///< its memory is the processor's: nothing is copied
  unsigned subgroupSize = 1;
  unsigned features = 0;  ///< ShaderNeed bits that it meets
};

/// Devices of this machine, and why there are none where there are none.
struct Inventory {
  std::vector<DeviceInfo> devices;
  std::string reason;  ///< one line; empty when there is a device
};

struct DeviceOptions {
  std::uint64_t budgetBytes = 0;  ///< of its memory; 0: three quarters of it
  std::string cacheFolder{};      ///< of compiled pipelines; empty: none is kept
  /// For tests: the device is lost when so many executions have been submitted.
  std::optional<unsigned> loseAfter{};
  unsigned lacks = 0;  ///< ShaderNeed bits that it is taken to lack
};

/// What all devices have computed since the program began, without transfers. [thread-safe]
struct Usage {
  std::uint64_t executions = 0;
  double seconds = 0;
  double lastSeconds = 0;  ///< of the execution that ended last
};
Usage usage();
/// For devices: an execution has ended.
void noteExecution(double seconds);

/// How long one dispatch ran in the last execution.
struct OpTime {
  std::string label;
  std::string shader;
  double seconds = 0;
  double operations = 0;
  double bytes = 0;
};

struct ProgramOptions {
  std::size_t inputBytes = 0;
  std::size_t outputBytes = 0;
  /// Each dispatch apart, with its time: slower as a whole.
  bool isTimed = false;
  unsigned slots = core::AsyncExecutor::kSlots;  ///< executions in flight; each has an input and an
                                                 ///< output of its own
};

/// Recorded work, replayed. Up to slots() executions are in flight; they run one after another and
/// end in order, but what one brings and takes moves while another computes.
class Program : public core::AsyncExecutor {
 public:
  explicit Program(const ProgramOptions& options) : options_(options) {}

  unsigned slots() const noexcept { return options_.slots; }

  /// [worker]
  bool tryExecuteAsync(std::span<const float> input, std::span<float> output, Done done) final;
  /// Waits for the result. @return kDeviceLost, kNoRoom, kInvalidArgument or kInternal
  core::Status execute(std::span<const float> input, std::span<float> output);

  /// Of the last execution, in order; empty unless timed.
  virtual std::vector<OpTime> times() const = 0;
  /// Device time of the last execution, without transfers.
  virtual double seconds() const = 0;

 protected:
  core::Status waitAndExecute(std::span<const float> input, std::span<float> output,
                              Done done) final;
  /// @return whether a slot was free
  virtual bool tryBegin(std::span<const float> input, std::span<float> output, Done done) = 0;
  /// The same, waiting for one.
  virtual void begin(std::span<const float> input, std::span<float> output, Done done) = 0;

  const ProgramOptions options_;

 private:
  bool fits(std::span<const float> input, std::span<float> output) const noexcept {
    return input.size_bytes() == options_.inputBytes && output.size_bytes() == options_.outputBytes;
  }
};

/// A graphics processor that computes. [thread-safe]
class Device {
 public:
  virtual ~Device() = default;

  virtual const DeviceInfo& info() const noexcept = 0;
  bool supports(const Shader& shader) const noexcept {
    return (shader.needs & ~info().features) == 0;
  }

  /// Contents are undefined. @return kNoRoom past the budget or the device's memory
  virtual core::Result<std::shared_ptr<Buffer>> allocate(std::size_t bytes) = 0;
  virtual core::Status upload(Buffer& buffer, std::size_t offset,
                              std::span<const std::byte> from) = 0;
  virtual core::Status download(const Buffer& buffer, std::size_t offset,
                                std::span<std::byte> to) = 0;

  /// Builds pipelines, binds and records. The program keeps its buffers and the device.
  virtual core::Result<std::unique_ptr<Program>> compile(const Recording& recording,
                                                         const ProgramOptions& options) = 0;

  virtual std::uint64_t usedBytes() const noexcept = 0;
  virtual std::uint64_t budgetBytes() const noexcept = 0;
  /// Once lost it stays so: open it anew.
  virtual bool isLost() const noexcept = 0;
};

/// Looks at the machine; takes some milliseconds, and starts a driver.
Inventory findDevices();

/// Matrix units whose products or attention lose what floats hold are left out of its features.
/// @param id of a DeviceInfo @return kDeviceLost when it is gone or refuses
core::Result<std::shared_ptr<Device>> openDevice(const std::string& id,
                                                 const DeviceOptions& options = {});

/// The one that `auto` takes: the discrete one with most memory, else an integrated one, never a
/// software one.
const DeviceInfo* preferredDevice(const Inventory& inventory);

}  // namespace stemwright::gpu
