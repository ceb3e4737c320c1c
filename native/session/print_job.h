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

/// A track through a chain of effects, as a monitor at the track's rate would play it, but for its
/// lag, which is taken off.
struct PrintRequest {
  std::string input;
  std::size_t channels = 2;  ///< 1 or 2, of the output too: mono is the mean of both sides
  double rate = 44'100;
  std::vector<PrintEffect> effects;
  std::string output;  ///< made anew, as long as the input: what rings on past its end is cut
};

/// @return kInput, kOutput, kCancelled, kInvalidArgument for an effect that cannot be had
core::Status printTrack(const PrintRequest& request, const core::CancelFlag& cancel,
                        const std::function<void(const models::SeparationProgress&)>& onProgress);

/// The plan that runs printTrack. @return kInput when the track cannot be opened
core::Result<JobPlan> planPrint(PrintRequest request);

}  // namespace stemwright::session
