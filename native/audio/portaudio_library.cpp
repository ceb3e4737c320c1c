#include "audio/portaudio_library.h"

#include <mutex>

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
#else
void silenceSoundSystems(void*) {}
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

std::mutex& useMutex() {
  static std::mutex mutex;
  return mutex;
}

}  // namespace

core::Result<std::shared_ptr<const PortAudioUse>> PortAudioUse::begin() {
  static const PortAudio* const functions = load();
  static std::weak_ptr<const PortAudioUse> current;
  if (functions == nullptr) {
    return Error{ErrorCode::kOutput,
                 "PortAudio is not installed, so there is no sound (Debian: libportaudio2)"};
  }
  const std::lock_guard lock(useMutex());
  if (auto shared = current.lock()) return shared;
  const PaError error = functions->initialize();
  if (error != paNoError) {
    return Error{ErrorCode::kOutput,
                 std::string("no sound system answers: ") + functions->errorText(error)};
  }
  std::shared_ptr<const PortAudioUse> made(new PortAudioUse(*functions));
  current = made;
  return made;
}

PortAudioUse::~PortAudioUse() {
  const std::lock_guard lock(useMutex());
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
