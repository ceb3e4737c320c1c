#include "platform/backend_policy.h"

namespace stemwright::platform {

std::string_view operationName(Operation operation) {
  constexpr std::array<std::string_view, kOperations> kNames{"fft", "matrix-product", "convolution",
                                                             "sequential", "filter"};
  return kNames[static_cast<std::size_t>(operation)];
}

std::optional<Operation> operationNamed(std::string_view name) {
  for (std::size_t i = 0; i < kOperations; ++i) {
    const auto operation = static_cast<Operation>(i);
    if (operationName(operation) == name) return operation;
  }
  return std::nullopt;
}

std::string_view reasonName(BackendReason reason) {
  switch (reason) {
    case BackendReason::kFree:
      return "free";
    case BackendReason::kNoGpu:
      return "no GPU";
    case BackendReason::kDeviceLost:
      return "the GPU was lost";
    case BackendReason::kHot:
      return "the machine is hot";
    case BackendReason::kLowPower:
      return "power saving is on";
    case BackendReason::kOnBattery:
      return "on battery";
  }
  return "";
}

void BackendPolicy::observe(const HardwareState& state, Clock::time_point now) {
  BackendReason reason = BackendReason::kFree;
  if (state.onBattery && !options_.useGpuOnBattery) reason = BackendReason::kOnBattery;
  if (state.lowPower) reason = BackendReason::kLowPower;
  if (state.thermal >= ThermalState::kSerious) reason = BackendReason::kHot;
  hold(reason, now);
}

void BackendPolicy::deviceLost(Clock::time_point now) {
  isLost_ = true;
  last_ = BackendReason::kDeviceLost;
  freeSince_ = now;
}

void BackendPolicy::deviceBack(Clock::time_point now) {
  isLost_ = false;
  last_ = BackendReason::kDeviceLost;
  freeSince_ = now;
}

void BackendPolicy::hold(BackendReason reason, Clock::time_point now) {
  if (reason == BackendReason::kFree && state_ != BackendReason::kFree) {
    last_ = state_;
    freeSince_ = now;
  }
  state_ = reason;
}

BackendReason BackendPolicy::reason(Clock::time_point now) const {
  if (!options_.hasGpu) return BackendReason::kNoGpu;
  if (isLost_) return BackendReason::kDeviceLost;
  if (state_ != BackendReason::kFree) return state_;
  const bool isQuiet = last_ == BackendReason::kFree || now - freeSince_ >= kQuiet;
  return isQuiet ? BackendReason::kFree : last_;
}

bool BackendPolicy::shouldUseGpu(const Workload& work, Clock::time_point now) const {
  if (reason(now) != BackendReason::kFree) return false;
  const Crossover& from = options_.calibration[static_cast<std::size_t>(work.operation)];
  return (from.size != kNever && work.size >= from.size) ||
         (from.batch != kNever && work.batch >= from.batch);
}

}  // namespace stemwright::platform
