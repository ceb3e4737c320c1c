#pragma once

extern "C" {
#include <SoundTouchDLL.h>
}
// Its stand-ins for Windows' own.
#if !defined(_WIN32)
#undef __cdecl
#undef TRUE
#undef FALSE
#endif

#include "core/result.h"

namespace stemwright::rt {

/// The functions of SoundTouch, found when pitch or tempo are first changed: the engine loads and
/// computes on machines without it. One that lies beside the engine goes before the system's.
struct SoundTouch {
  decltype(&soundtouch_createInstance) create = nullptr;
  decltype(&soundtouch_destroyInstance) destroy = nullptr;
  decltype(&soundtouch_setChannels) setChannels = nullptr;
  decltype(&soundtouch_setSampleRate) setSampleRate = nullptr;
  decltype(&soundtouch_setTempo) setTempo = nullptr;
  decltype(&soundtouch_setPitchSemiTones) setPitchSemitones = nullptr;
  decltype(&soundtouch_getSetting) setting = nullptr;
  decltype(&soundtouch_putSamples) put = nullptr;
  decltype(&soundtouch_receiveSamples) receive = nullptr;
  decltype(&soundtouch_clear) clear = nullptr;

  /// @return kOutput when it is not installed [thread-safe]
  static core::Result<const SoundTouch*> find();
};

}  // namespace stemwright::rt
