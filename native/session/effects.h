#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/result.h"
#include "dsp/convolution/layout.h"
#include "dsp/impulse_response.h"
#include "dsp/parametric_eq.h"
#include "rt/insert.h"
#include "session/gpu_tail.h"

namespace stemwright::session {

using dsp::ConvolutionMode;
using dsp::EqBand;
using dsp::FilterKind;
using dsp::ResponseEdit;

struct GainRequest {
  double gain = 1;  ///< linear
};

struct EqRequest {
  std::vector<EqBand> bands;
};

struct LimiterRequest {
  double ceilingDb = -1;
};

struct ReverbRequest {
  std::string response;      ///< a track at the rate of the sound
  std::size_t channels = 1;  ///< 1, 2 (left, right) or 4 (LL, LR, RL, RR: from, to)
  ResponseEdit edit{};
  ConvolutionMode mode = ConvolutionMode::kPartitioned;
  std::size_t blockSize = 0;  ///< a power of two, 64 to 8192; 0: as the device has it
  /// Long tails are computed beside the audio thread; else by it alone.
  bool isThreaded = true;
  /// Of those tails; a device that cannot be had leaves them to the processor, and says so.
  GpuTailRequest gpu{};
  double dry = 1;  ///< linear
  double wet = 1;
  /// The dry sound gives way so that noise comes out as loud as `dry` alone would make it.
  bool isDryCompensated = false;
};

using EffectRequest = std::variant<GainRequest, EqRequest, LimiterRequest, ReverbRequest>;

/// Where an effect is to run.
struct EffectSetting {
  double rate = 48'000;
  std::size_t blockFrames = 0;  ///< of the device; 0 when they change
  bool isLive = true;           ///< else it is called as fast as it can go, and uses no threads
  bool isTrial = false;         ///< only to be measured: may take more time than there is
};

/// What is told of an effect. All but `latencyFrames` is that of a reverb.
struct EffectFacts {
  std::size_t latencyFrames = 0;
  std::size_t responseFrames = 0;  ///< with its edits
  double responseGain = 1;         ///< what normalising came to
  double loudnessGain = 1;         ///< what it would come to
  double dry = 0;                  ///< what `dry` came to
  std::size_t blockSize = 0;
  double readSeconds = 0;     ///< reading the response and editing it
  double prepareSeconds = 0;  ///< transforming it
  double warmUpSeconds = 0;   ///< its first run
  double load = 0;            ///< time the audio thread takes over the time there is
  double worstLoad = 0;       ///< of one block
  GpuTailFacts gpu{};
};

/// What an effect does while it is heard.
struct EffectReading {
  double reductionDb = 0;          ///< what a limiter takes off now, at most 0
  std::uint64_t missedBlocks = 0;  ///< parts of a reverb's tail that came too late
  dsp::TailDeviceCounts gpu{};     ///< parts of it that a device was to compute
};

struct PreparedEffect {
  std::unique_ptr<rt::Insert> insert;
  EffectFacts facts;
};

/// Makes an effect, ready to be heard. [worker: takes as long as a response is long]
/// @return kInput for a response that cannot be read, kInvalidArgument for what is out of range or
///     cannot keep pace with a live device
core::Result<PreparedEffect> prepareEffect(const EffectRequest& request,
                                           const EffectSetting& setting);

/// Turns an effect into what another request asks for, without a click, if that needs no new one.
/// @param now what the effect was made, or turned, for
/// @return whether it does; else nothing is changed
core::Result<bool> glideTo(const EffectRequest& wanted, const EffectRequest& now,
                           rt::Insert& insert, const EffectSetting& setting, EffectFacts& facts);

/// @param request what the effect was made for [thread-safe]
/// @return empty for effects that have nothing to tell
std::optional<EffectReading> readEffect(const EffectRequest& request, const rt::Insert& insert);

}  // namespace stemwright::session
