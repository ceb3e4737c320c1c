#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "core/cancel.h"
#include "core/result.h"
#include "dsp/convolution/layout.h"
#include "session/separation_job.h"

namespace stemwright::session {

using dsp::ConvolutionMode;

/// A track convolved with another: out = dry * in + wet * (in convolved with response).
struct ConvolutionRequest {
  std::string input;
  std::size_t channels = 2;  ///< 1 or 2
  std::string response;
  std::size_t responseChannels = 2;  ///< 1, 2 or 4: LL, LR, RL, RR
  std::string output;  ///< made anew, with outputChannels() and length(in) + length(response) - 1
  ConvolutionMode mode = ConvolutionMode::kPartitioned;
  std::size_t blockSize = 512;  ///< a power of two, 64 to 8192
  double wet = 1;
  double dry = 0;
  /// Id of a GPU that convolves instead, whatever the mode; empty: none. Where it fails, the
  /// processor begins anew.
  std::string gpu = {};

  std::size_t outputChannels() const { return responseChannels == 1 ? channels : 2; }
};

/// Memory grows with the response, not with the input.
/// @return kInvalidArgument for a request that no convolver takes, kInput, kOutput, kCancelled
core::Status convolveTrack(
    const ConvolutionRequest& request, const core::CancelFlag& cancel,
    const std::function<void(const models::SeparationProgress&)>& onProgress);

/// The plan that runs convolveTrack. @return kInput when a track cannot be opened
core::Result<JobPlan> planConvolution(ConvolutionRequest request);

}  // namespace stemwright::session
