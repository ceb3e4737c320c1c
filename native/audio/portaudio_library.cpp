#include "audio/portaudio_library.h"

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#if defined(__linux__)
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>
#endif

#include "core/shared_library.h"

namespace stemwright::audio {
namespace {

using core::Error;
using core::ErrorCode;

#if defined(_WIN32)
constexpr const char* kNames[] = {"portaudio.dll", "libportaudio.dll", "portaudio_x64.dll"};
#elif defined(__APPLE__)
constexpr const char* kNames[] = {"libportaudio.2.dylib", "/opt/homebrew/lib/libportaudio.2.dylib",
                                  "/usr/local/lib/libportaudio.2.dylib"};
#else
constexpr const char* kNames[] = {"libportaudio.so.2"};
#endif

template <typename Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(core::symbolOf(library, name));
  return function != nullptr;
}

bool findAll(void* library, PortAudio& p) {
  return find(library, "Pa_Initialize", p.initialize) &&
         find(library, "Pa_Terminate", p.terminate) &&
         find(library, "Pa_GetErrorText", p.errorText) &&
         find(library, "Pa_GetLastHostErrorInfo", p.lastHostError) &&
         find(library, "Pa_GetDeviceCount", p.deviceCount) &&
         find(library, "Pa_GetDeviceInfo", p.deviceInfo) &&
         find(library, "Pa_GetHostApiInfo", p.hostApiInfo) &&
         find(library, "Pa_GetHostApiCount", p.hostApiCount) &&
         find(library, "Pa_GetDefaultOutputDevice", p.defaultOutput) &&
         find(library, "Pa_IsFormatSupported", p.isFormatSupported) &&
         find(library, "Pa_OpenStream", p.openStream) &&
         find(library, "Pa_SetStreamFinishedCallback", p.onFinished) &&
         find(library, "Pa_StartStream", p.startStream) &&
         find(library, "Pa_CloseStream", p.closeStream) &&
         find(library, "Pa_GetStreamInfo", p.streamInfo);
}

#if defined(__linux__)
void ignoreAlsa(const char*, int, const char*, int, const char*, ...) {}
void ignoreJack(const char*) {}

/// ALSA and JACK print to standard error what they do not find, which is no fault.
void silenceSoundSystems(void* portaudio) {
  using AlsaHandler = void (*)(const char*, int, const char*, int, const char*, ...);
  using JackHandler = void (*)(const char*);
  void (*setAlsa)(AlsaHandler) = nullptr;
  if (find(portaudio, "snd_lib_error_set_handler", setAlsa)) {
    setAlsa(ignoreAlsa);
  }
  for (const char* name : {"jack_set_error_function", "jack_set_info_function"}) {
    void (*setJack)(JackHandler) = nullptr;
    if (find(portaudio, name, setJack)) setJack(ignoreJack);
  }
  PaError (*nameClient)(const char*) = nullptr;
  if (find(portaudio, "PaJack_SetClientName", nameClient)) nameClient("Stemwright");
}

/// The library that a function is of once more, with a state of its own; null where that is not
/// possible. Its file stays open: its name must not be given again.
void* openCopy(void* function) {
  Dl_info info{};
  if (dladdr(function, &info) == 0) return nullptr;
  const int from = open(info.dli_fname, O_RDONLY | O_CLOEXEC);
  if (from < 0) return nullptr;
  struct stat file {};
  const int to = memfd_create("portaudio", MFD_CLOEXEC);
  bool isWhole = to >= 0 && fstat(from, &file) == 0;
  for (off_t at = 0; isWhole && at < file.st_size;) {
    isWhole = sendfile(to, from, &at, static_cast<std::size_t>(file.st_size - at)) > 0;
  }
  close(from);
  return isWhole ? core::openLibrary(("/proc/self/fd/" + std::to_string(to)).c_str()) : nullptr;
}
#else
void silenceSoundSystems(void*) {}
void* openCopy(void*) {
  return nullptr;
}
#endif

/// Null when there is no PortAudio. It stays loaded: its threads may outlive their streams.
const PortAudio* load() {
  for (const char* name : kNames) {
    void* const library = core::openLibrary(name);
    static PortAudio functions;
    if (library == nullptr || !findAll(library, functions)) continue;
    silenceSoundSystems(library);
    return &functions;
  }
  return nullptr;
}

/// The library as it is used now. Under the mutex.
struct Current {
  std::mutex mutex;
  const PortAudio* functions = load();
  std::weak_ptr<const PortAudioUse> use;
};

Current& theCurrent() {
  static Current current;
  return current;
}

}  // namespace

void PortAudioUse::abandon(std::shared_ptr<const PortAudioUse> use) {
  Current& current = theCurrent();
  const std::lock_guard lock(current.mutex);
  if (&use->functions_ == current.functions) {
    void* const library = openCopy(reinterpret_cast<void*>(current.functions->initialize));
    auto fresh = std::make_unique<PortAudio>();
    if (library != nullptr && findAll(library, *fresh)) {
      silenceSoundSystems(library);
      current.functions = fresh.release();
      current.use.reset();
    }
  }
  static std::vector<std::shared_ptr<const PortAudioUse>>& kept =
      *new std::vector<std::shared_ptr<const PortAudioUse>>;
  kept.push_back(std::move(use));
}

core::Result<std::shared_ptr<const PortAudioUse>> PortAudioUse::begin() {
  Current& current = theCurrent();
  const std::lock_guard lock(current.mutex);
  const PortAudio* const functions = current.functions;
  if (functions == nullptr) {
    return Error{ErrorCode::kOutput,
                 "PortAudio is not installed, so there is no sound (Debian: libportaudio2)"};
  }
  if (auto shared = current.use.lock()) return shared;
  const PaError error = functions->initialize();
  if (error != paNoError) {
    return Error{ErrorCode::kOutput,
                 std::string("no sound system answers: ") + functions->errorText(error)};
  }
  std::shared_ptr<const PortAudioUse> made(new PortAudioUse(*functions));
  current.use = made;
  return made;
}

PortAudioUse::~PortAudioUse() {
  const std::lock_guard lock(theCurrent().mutex);
  functions_.terminate();
}

std::string PortAudioUse::explain(PaError error) const {
  if (error == paUnanticipatedHostError) {
    const PaHostErrorInfo* const host = functions_.lastHostError();
    if (host != nullptr && host->errorText != nullptr && host->errorText[0] != '\0') {
      return host->errorText;
    }
  }
  if (error == paDeviceUnavailable) return "another program uses it alone, or it has gone";
  return functions_.errorText(error);
}

}  // namespace stemwright::audio
