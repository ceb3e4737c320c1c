#include "session/machine.h"

#include <mutex>
#include <optional>
#include <utility>

#include "platform/watcher.h"

namespace stemwright::session {
namespace {

using Clock = platform::BackendPolicy::Clock;

bool isNews(const MachineReport& before, const MachineReport& now) {
  HardwareState state = before.state;
  state.availableBytes = now.state.availableBytes;
  return state != now.state || before.reason != now.reason;
}

}  // namespace

struct MachineWatch::State {
  State(const WatchOptions& options, Listener onNews, std::chrono::milliseconds interval)
      : policy(options.backend),
        budgetBytes(options.budgetBytes),
        listener(std::move(onNews)),
        watcher([this](const HardwareState& seen) { observe(seen); }, interval) {}

  /// With the lock held.
  MachineReport reportNow() const {
    const platform::BackendReason reason = policy.reason(Clock::now());
    const bool isFree = reason == platform::BackendReason::kFree;
    return {last, isFree, isFree ? "" : std::string(platform::reasonName(reason))};
  }

  void observe(const HardwareState& seen) {
    std::optional<MachineReport> news;
    bool isShort = false;
    bool isPastBudget = false;
    {
      const std::lock_guard lock(mutex);
      isShort = seen.pressure > last.pressure;
      const bool isPast = budgetBytes != 0 && core::memoryUsage().all.current > budgetBytes;
      isPastBudget = isPast && !wasPastBudget;
      wasPastBudget = isPast;
      last = seen;
      policy.observe(seen, Clock::now());
      const MachineReport now = reportNow();
      if (!told || isNews(*told, now)) news = told = now;
    }
    if (isShort) {
      core::relievePressure(seen.pressure);
    } else if (isPastBudget) {
      core::relievePressure(core::PressureLevel::kWarning);
    }
    if (news && listener) listener(*news);
  }

  mutable std::mutex mutex;
  platform::BackendPolicy policy;
  std::uint64_t budgetBytes;
  bool wasPastBudget = false;
  HardwareState last;
  std::optional<MachineReport> told;
  Listener listener;
  platform::HardwareWatcher watcher;  ///< last: its thread uses all of the above
};

MachineWatch::MachineWatch(const WatchOptions& options, Listener listener,
                           std::chrono::milliseconds interval)
    : state_(std::make_unique<State>(options, std::move(listener), interval)) {
  state_->observe(platform::hardwareState());  // so that the first report is of this machine
}
MachineWatch::~MachineWatch() = default;

void MachineWatch::configure(const WatchOptions& options) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->policy.configure(options.backend);
    state_->budgetBytes = options.budgetBytes;
  }
  state_->watcher.look();
}

MachineReport MachineWatch::report() const {
  const std::lock_guard lock(state_->mutex);
  return state_->reportNow();
}

bool MachineWatch::shouldUseGpu(const platform::Workload& work) const {
  const std::lock_guard lock(state_->mutex);
  return state_->policy.shouldUseGpu(work, Clock::now());
}

void MachineWatch::deviceLost() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->policy.deviceLost(Clock::now());
  }
  state_->watcher.look();
}

void MachineWatch::deviceBack() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->policy.deviceBack(Clock::now());
  }
  state_->watcher.look();
}

HardwareProfile hardwareProfile() {
  return platform::hardwareProfile();
}

}  // namespace stemwright::session
