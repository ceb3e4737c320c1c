#include "audio/device_changes.h"

#if defined(__APPLE__)
#include <CoreAudio/CoreAudio.h>

#include <atomic>
#elif defined(__linux__)
#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>
#endif

namespace stemwright::audio {

#if defined(__APPLE__)

namespace {

OSStatus count(AudioObjectID, UInt32, const AudioObjectPropertyAddress*, void* counter) {
  static_cast<std::atomic<std::uint64_t>*>(counter)->fetch_add(1, std::memory_order_relaxed);
  return noErr;
}

void listen(AudioObjectPropertySelector what, std::atomic<std::uint64_t>& counter) {
  const AudioObjectPropertyAddress address{what, kAudioObjectPropertyScopeGlobal,
                                           kAudioObjectPropertyElementMain};
  AudioObjectAddPropertyListener(kAudioObjectSystemObject, &address, count, &counter);
}

}  // namespace

DeviceChanges deviceChanges() {
  static std::atomic<std::uint64_t> list{0};
  static std::atomic<std::uint64_t> defaultOutput{0};
  [[maybe_unused]] static const bool isListening = [] {
    listen(kAudioHardwarePropertyDevices, list);
    listen(kAudioHardwarePropertyDefaultOutputDevice, defaultOutput);
    return true;
  }();
  return {list.load(std::memory_order_relaxed), defaultOutput.load(std::memory_order_relaxed)};
}

#elif defined(__linux__)

namespace {

/// ALSA's devices, and for each JACK server that runs the mark of its own client.
std::vector<std::string> present() {
  std::vector<std::string> names;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/snd", none)) {
    names.push_back(entry.path().filename());
  }
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm", none)) {
    const std::string name = entry.path().filename();
    if (name.starts_with("jack_sem.") && name.ends_with("_system")) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace

DeviceChanges deviceChanges() {
  static std::mutex mutex;
  static std::vector<std::string> last = present();
  static DeviceChanges changes;
  std::vector<std::string> now = present();
  const std::lock_guard lock(mutex);
  if (now != last) ++changes.list;
  last = std::move(now);
  return changes;
}

#else

DeviceChanges deviceChanges() {
  return {};
}

#endif

}  // namespace stemwright::audio
