#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/memory_usage.h"
#include "platform/backend_policy.h"
#include "platform/hardware.h"

namespace stemwright::session {

using platform::Calibration;
using platform::HardwareProfile;
using platform::HardwareState;
using platform::kNever;
using platform::kOperations;
using platform::kPriorCalibration;
using platform::Operation;
using platform::operationName;
using platform::operationNamed;
using platform::pressureName;
using platform::thermalName;
using platform::Workload;

struct WatchOptions {
  platform::BackendPolicy::Options backend = {};
  /// Of what the engine holds: caches give way past it; 0: no limit.
  std::uint64_t budgetBytes = 0;
};

struct MachineReport {
  HardwareState state;
  bool mayUseGpu = false;
  std::string reason;  ///< why the GPU is not used; empty when it may be
};

/// Watches the machine: decides where work goes, and makes caches give memory back when it is
/// short. [thread-safe]
class MachineWatch {
 public:
  /// Told the first report and each that differs in more than the bytes available; on the watch's
  /// thread, never once it is closed.
  using Listener = std::function<void(const MachineReport&)>;
  static constexpr std::chrono::milliseconds kInterval{250};

  MachineWatch(const WatchOptions& options, Listener listener,
               std::chrono::milliseconds interval = kInterval);
  ~MachineWatch();

  void configure(const WatchOptions& options);
  MachineReport report() const;
  bool shouldUseGpu(const platform::Workload& work) const;
  /// The device did not answer, or does so again.
  void deviceLost();
  void deviceBack();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

HardwareProfile hardwareProfile();

}  // namespace stemwright::session
