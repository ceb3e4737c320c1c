#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <vector>

#include "core/result.h"
#include "dsp/parametric_eq.h"

namespace stemwright::dsp {

/// 1 channel (mono), 2 (left, right) or 4 (LL, LR, RL, RR: from, to), all of one length.
struct ImpulseResponse {
  double rate = 48'000;
  std::vector<std::vector<float>> channels;

  std::size_t frames() const noexcept { return channels.empty() ? 0 : channels[0].size(); }
};

/// What is done to a response before it is heard, in this order. The default changes nothing.
struct ResponseEdit {
  double beginSeconds = 0;           ///< what lies before is cut off
  std::optional<double> endSeconds;  ///< of the original; what lies behind is cut off
  bool isReversed = false;
  double stretch = 1;                  ///< of time, 0.25 to 4; pitch goes down as time grows
  double attackSeconds = 0;            ///< fades in
  std::optional<double> decaySeconds;  ///< falls by a further 60 dB in this time
  std::optional<double> lowCutHz;      ///< 12 dB an octave
  std::optional<double> highCutHz;     ///< 12 dB an octave
  std::array<EqBand, 2> bands{};
  double width = 1;            ///< of the stereo image: 0 mono, 1 as it is, 2 at most
  double preDelaySeconds = 0;  ///< silence before it, 10 s at most
  bool isLoudnessNormalised = false;
  friend bool operator==(const ResponseEdit&, const ResponseEdit&) = default;
};

struct EditedResponse {
  ImpulseResponse response;
  double gainDb = 0;  ///< what normalisation came to
};

/// [not audio-thread]
/// @return kInvalidArgument for a value out of range, or when nothing is left
core::Result<EditedResponse> editResponse(const ImpulseResponse& original,
                                          const ResponseEdit& edit);

/// The linear gain that makes what comes out as loud as what goes in, for noise weighted as
/// BS.1770 weights it; 1 for a silent response.
double loudnessGain(const ImpulseResponse& response);

struct BandDecay {
  double hz = 0;
  /// Seconds in which the band falls by 60 dB; empty where the response does not fall far enough.
  std::optional<double> seconds;
};

/// RT60 by octave from 63 Hz to 16 kHz, as far as the rate allows, of all channels together.
/// Source: Schroeder, New Method of Measuring Reverberation Time, 1965; ISO 3382-1: the fall from
/// -5 to -35 dB, else to -25 dB, extrapolated.
std::vector<BandDecay> decayByOctave(const ImpulseResponse& response);

}  // namespace stemwright::dsp
