#include "session/rhythm.h"

#include <algorithm>
#include <span>

#include "dsp/song_features.h"
#include "pcm/track.h"

namespace stemwright::session {

core::Result<SongRhythm> findRhythm(const std::string& track, std::size_t channels, double rate,
                                    const core::CancelFlag& cancel) {
  constexpr std::size_t kChunk = 65'536;
  const auto opened = pcm::Track::open(track, channels);
  if (!opened.ok()) return opened.error();
  const std::size_t frames = opened.value().frames();
  dsp::SongFeatures features(rate);
  std::vector<float> interleaved(kChunk * channels), mono(kChunk);
  for (std::size_t at = 0; at < frames; at += kChunk) {
    if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
    const std::size_t count = std::min(kChunk, frames - at);
    STEMWRIGHT_TRY(opened.value().read(at, std::span(interleaved).first(count * channels)));
    for (std::size_t i = 0; i < count; ++i) {
      float sum = 0;
      for (std::size_t c = 0; c < channels; ++c) sum += interleaved[i * channels + c];
      mono[i] = sum / static_cast<float>(channels);
    }
    features.push(std::span(mono).first(count));
  }
  features.finish();

  SongRhythm rhythm;
  rhythm.key = dsp::findKey(features.chroma());
  const auto tempo = dsp::findTempo(features.onsets(), features.frameSeconds());
  if (!tempo) return rhythm;
  const double seconds = static_cast<double>(frames) / rate;
  for (const double beat :
       dsp::trackBeats(features.onsets(), features.frameSeconds(), tempo->bpm)) {
    rhythm.beats.push_back(std::clamp(features.timeOf(beat), 0.0, seconds));
  }
  rhythm.bpm = rhythm.beats.size() < 8 ? tempo->bpm : dsp::tempoOf(rhythm.beats);
  rhythm.confidence = tempo->confidence;
  return rhythm;
}

}  // namespace stemwright::session
