#pragma once

#include <portaudio.h>

#include <memory>
#include <string>

#include "core/result.h"

namespace stemwright::audio {

/// The functions of PortAudio, found when sound is first asked for: the engine loads and computes
/// on machines without it. One that lies beside the engine goes before the system's.
struct PortAudio {
  decltype(&Pa_Initialize) initialize = nullptr;
  decltype(&Pa_Terminate) terminate = nullptr;
  decltype(&Pa_GetErrorText) errorText = nullptr;
  decltype(&Pa_GetLastHostErrorInfo) lastHostError = nullptr;
  decltype(&Pa_GetDeviceCount) deviceCount = nullptr;
  decltype(&Pa_GetDeviceInfo) deviceInfo = nullptr;
  decltype(&Pa_GetHostApiInfo) hostApiInfo = nullptr;
  decltype(&Pa_GetHostApiCount) hostApiCount = nullptr;
  decltype(&Pa_GetDefaultOutputDevice) defaultOutput = nullptr;
  decltype(&Pa_IsFormatSupported) isFormatSupported = nullptr;
  decltype(&Pa_OpenStream) openStream = nullptr;
  decltype(&Pa_SetStreamFinishedCallback) onFinished = nullptr;
  decltype(&Pa_StartStream) startStream = nullptr;
  decltype(&Pa_CloseStream) closeStream = nullptr;
  decltype(&Pa_GetStreamInfo) streamInfo = nullptr;
};

/// PortAudio in use. While any of these lives its list of devices stays as it is; the first one
/// after none looks for devices anew. [thread-safe]
class PortAudioUse {
 public:
  /// @return kOutput when the library is missing or finds no sound system
  static core::Result<std::shared_ptr<const PortAudioUse>> begin();
  ~PortAudioUse();
  /// After a JACK server has gone: PortAudio would wait ten minutes for it wherever a stream is
  /// stopped. This use, and the copy of the library that it is of, are left as they are for good;
  /// the next use is of a fresh copy.
  static void abandon(std::shared_ptr<const PortAudioUse> use);
  PortAudioUse(const PortAudioUse&) = delete;
  PortAudioUse& operator=(const PortAudioUse&) = delete;

  const PortAudio* operator->() const noexcept { return &functions_; }
  /// What went wrong, as the sound system says it.
  std::string explain(PaError error) const;

 private:
  explicit PortAudioUse(const PortAudio& functions) : functions_(functions) {}
  const PortAudio& functions_;
};

}  // namespace stemwright::audio
