#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "core/cancel.h"
#include "core/result.h"
#include "session/effects.h"
#include "session/separation_job.h"

namespace stemwright::session {

struct PrintEffect {
  std::size_t slot = 0;
  EffectRequest effect;
};

struct PrintTrack {
  std::string path;
  std::vector<PrintEffect> effects{};
  double gain = 1;  ///< linear, as the rest
  double pan = 0;   ///< -1 to 1
  double send = 0;  ///< into the send bus, after gain and pan
};

enum class PrintBus {
  kMaster,  ///< all that is heard
  kSend,    ///< what the send bus makes of what it is sent, alone
};

/// What comes out of a bus of the mixer, as a monitor at the tracks' rate would play it, but for
/// its lag, which is taken off. One track of gain 1 and a bare master are that track's own chain.
struct PrintRequest {
  std::vector<PrintTrack> tracks;  ///< of one length
  std::size_t channels = 2;        ///< 1 or 2, of the output too: mono is the mean of both sides
  double rate = 44'100;
  std::string output;  ///< made anew, as long as the tracks: what rings on past their end is cut
  PrintBus bus = PrintBus::kMaster;
  std::vector<PrintEffect> sendEffects{};
  std::vector<PrintEffect> masterEffects{};
};

/// @return kInput, kOutput, kCancelled, kInvalidArgument for no tracks or an effect that cannot
///     be had
core::Status print(const PrintRequest& request, const core::CancelFlag& cancel,
                   const std::function<void(const models::SeparationProgress&)>& onProgress);

/// The plan that runs print(). @return kInput when a track cannot be opened
core::Result<JobPlan> planPrint(PrintRequest request);

}  // namespace stemwright::session
