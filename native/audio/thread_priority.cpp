#include "audio/thread_priority.h"

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <CoreAudio/CoreAudio.h>
#include <mach/mach.h>
#include <mach/mach_time.h>
#include <os/workgroup.h>
#include <pthread.h>
#else
#include <pthread.h>
#include <sched.h>
#endif

namespace stemwright::audio {

#if defined(__APPLE__)

namespace {

/// The workgroup of the default output's own threads; null before macOS 11.
os_workgroup_t deviceWorkgroup() noexcept {
  AudioObjectPropertyAddress address{kAudioHardwarePropertyDefaultOutputDevice,
                                     kAudioObjectPropertyScopeGlobal,
                                     kAudioObjectPropertyElementMain};
  AudioObjectID device = kAudioObjectUnknown;
  UInt32 size = sizeof(device);
  if (AudioObjectGetPropertyData(kAudioObjectSystemObject, &address, 0, nullptr, &size, &device) !=
      noErr) {
    return nullptr;
  }
  address.mSelector = kAudioDevicePropertyIOThreadOSWorkgroup;
  os_workgroup_t group = nullptr;
  size = sizeof(group);
  const OSStatus fault =
      AudioObjectGetPropertyData(device, &address, 0, nullptr, &size, static_cast<void*>(&group));
  return fault == noErr ? group : nullptr;
}

/// A thread's membership, which must end before the thread does.
class Membership {
 public:
  Membership() noexcept : group_(deviceWorkgroup()) {
    if (group_ != nullptr) isMember_ = os_workgroup_join(group_, &token_) == 0;
  }
  ~Membership() {
    if (isMember_) os_workgroup_leave(group_, &token_);
    if (group_ != nullptr) os_release(group_);
  }
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

 private:
  os_workgroup_t group_;
  os_workgroup_join_token_s token_{};
  bool isMember_ = false;
};

}  // namespace

/// Both roles: the system goes by deadlines, and schedules a workgroup together.
void raiseThreadPriority(ThreadRole) noexcept {
  mach_timebase_info_data_t base{};
  mach_timebase_info(&base);
  const auto ticks = [&](double milliseconds) {
    return static_cast<std::uint32_t>(milliseconds * 1e6 * base.denom / base.numer);
  };
  thread_time_constraint_policy_data_t policy{ticks(3), ticks(1), ticks(3), 1};
  thread_policy_set(pthread_mach_thread_np(pthread_self()), THREAD_TIME_CONSTRAINT_POLICY,
                    reinterpret_cast<thread_policy_t>(&policy),
                    THREAD_TIME_CONSTRAINT_POLICY_COUNT);
  thread_local const Membership membership;
  static_cast<void>(&membership);
}

#else

void raiseThreadPriority(ThreadRole role) noexcept {
  const bool isDevice = role == ThreadRole::kDevice;
#if defined(_WIN32)
  SetThreadPriority(GetCurrentThread(),
                    isDevice ? THREAD_PRIORITY_TIME_CRITICAL : THREAD_PRIORITY_HIGHEST);
#else
  // Below the servers' own threads (JACK's default is 10 below its -P, PipeWire's 88).
  sched_param parameters{};
  parameters.sched_priority = isDevice ? 50 : 45;
  pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
#endif
}

#endif

}  // namespace stemwright::audio
