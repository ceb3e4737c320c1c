#pragma once

#include <napi.h>

namespace stemwright::addon {

/// measureTracks(spec), combineTracks(spec), spreadResidual(spec). An AbortSignal as spec.signal
/// stops them with 'cancelled'. [js-thread]
Napi::Value measureTracks(const Napi::CallbackInfo& info);
Napi::Value combineTracks(const Napi::CallbackInfo& info);
Napi::Value spreadResidual(const Napi::CallbackInfo& info);

/// writePeaks({track, channels}), ensurePeaks({track, channels}). [js-thread]
Napi::Value writePeaks(const Napi::CallbackInfo& info);
Napi::Value ensurePeaks(const Napi::CallbackInfo& info);

/// spectrumTile({track, channels, rate, level, index}). [js-thread]
Napi::Value spectrumTile(const Napi::CallbackInfo& info);

/// findRhythm({track, channels, rate}); an AbortSignal as spec.signal stops it. [js-thread]
Napi::Value findRhythm(const Napi::CallbackInfo& info);

/// replaceRange(spec). [js-thread]
Napi::Value replaceRange(const Napi::CallbackInfo& info);

}  // namespace stemwright::addon
