#include "rt/soundtouch_library.h"

#include "core/shared_library.h"

namespace stemwright::rt {
namespace {

#if defined(_WIN32)
constexpr const char* kNames[] = {"SoundTouchDLL_x64.dll", "SoundTouchDLL.dll"};
#elif defined(__APPLE__)
constexpr const char* kNames[] = {"libSoundTouchDll.1.dylib",
                                  "/opt/homebrew/lib/libSoundTouchDll.1.dylib",
                                  "/usr/local/lib/libSoundTouchDll.1.dylib"};
#else
constexpr const char* kNames[] = {"libSoundTouchDll.so.1"};
#endif

template <typename Function>
bool find(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(core::symbolOf(library, name));
  return function != nullptr;
}

bool findAll(void* library, SoundTouch& s) {
  return find(library, "soundtouch_createInstance", s.create) &&
         find(library, "soundtouch_destroyInstance", s.destroy) &&
         find(library, "soundtouch_setChannels", s.setChannels) &&
         find(library, "soundtouch_setSampleRate", s.setSampleRate) &&
         find(library, "soundtouch_setTempo", s.setTempo) &&
         find(library, "soundtouch_setPitchSemiTones", s.setPitchSemitones) &&
         find(library, "soundtouch_getSetting", s.setting) &&
         find(library, "soundtouch_putSamples", s.put) &&
         find(library, "soundtouch_receiveSamples", s.receive) &&
         find(library, "soundtouch_clear", s.clear);
}

/// Null when there is none. It stays loaded.
const SoundTouch* load() {
  for (const char* name : kNames) {
    void* const library = core::openLibrary(name);
    static SoundTouch functions;
    if (library != nullptr && findAll(library, functions)) return &functions;
  }
  return nullptr;
}

}  // namespace

core::Result<const SoundTouch*> SoundTouch::find() {
  static const SoundTouch* const functions = load();
  if (functions != nullptr) return functions;
  return core::Error{core::ErrorCode::kOutput,
                     "SoundTouch is not installed, so pitch and tempo stay as they are (Debian: "
                     "libsoundtouch1)"};
}

}  // namespace stemwright::rt
