#include "session/convolution_job.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

#include "core/trace.h"
#include "dsp/convolution/convolver.h"
#include "pcm/track.h"
#include "session/response.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using pcm::Track;
using Planar = std::vector<std::vector<float>>;

/// Frames at a time; progress is told after each.
constexpr std::size_t kChunk = 65'536;

/// Reads a track as if silence followed it without end.
class EndlessReader {
 public:
  explicit EndlessReader(const Track& track)
      : track_(track), interleaved_(kChunk * track.channels()) {}

  /// `frames` from `start` into one vector a channel.
  core::Status read(std::size_t start, std::size_t frames, Planar& out) {
    const std::size_t channels = track_.channels();
    const std::size_t end = std::max(start, track_.frames());
    const std::size_t there = std::min(frames, end - start);
    std::fill_n(interleaved_.begin(), frames * channels, 0.0f);
    if (there > 0) {
      STEMWRIGHT_TRY(track_.read(start, std::span(interleaved_).first(there * channels)));
    }
    for (std::size_t i = 0; i < frames * channels; ++i) {
      out[i % channels][i / channels] = interleaved_[i];
    }
    return core::okStatus();
  }

 private:
  const Track& track_;
  std::vector<float> interleaved_;
};

/// One pass over the input.
class Convolution {
 public:
  Convolution(const ConvolutionRequest& request, const Track& input, const Track& output,
              dsp::Convolver& convolver)
      : request_(request),
        output_(output),
        reader_(input),
        convolver_(convolver),
        in_(input.channels(), std::vector<float>(kChunk)),
        wet_(output.channels(), std::vector<float>(kChunk)),
        mixed_(kChunk * output.channels()) {}

  /// Takes off the latency: what comes out before the first frame is dropped.
  core::Status begin() {
    for (std::size_t left = convolver_.latency(); left > 0;) {
      const std::size_t count = std::min(left, kChunk);
      STEMWRIGHT_TRY(convolve(count));
      left -= count;
    }
    return core::okStatus();
  }

  /// Output frames [start, start + count).
  core::Status run(std::size_t start, std::size_t count) {
    STEMWRIGHT_TRY(convolve(count));
    if (request_.dry != 0) STEMWRIGHT_TRY(reader_.read(start, count, in_));
    const std::size_t channels = wet_.size();
    const auto wet = static_cast<float>(request_.wet);
    const auto dry = static_cast<float>(request_.dry);
    for (std::size_t c = 0; c < channels; ++c) {
      const std::vector<float>& from = in_[std::min(c, in_.size() - 1)];
      for (std::size_t i = 0; i < count; ++i) {
        const float sum = wet * wet_[c][i];
        mixed_[i * channels + c] = dry == 0 ? sum : sum + dry * from[i];
      }
    }
    return output_.writeAt(start, std::span(mixed_).first(count * channels));
  }

 private:
  /// The next frames of input, as far as there are any, through the convolver.
  core::Status convolve(std::size_t count) {
    STEMWRIGHT_TRY(reader_.read(at_, count, in_));
    at_ += count;
    const float* in[2] = {in_.front().data(), in_.back().data()};
    float* out[2] = {wet_.front().data(), wet_.back().data()};
    const core::TraceRegion region("convolution");
    convolver_.process(in, out, count);
    return core::okStatus();
  }

  const ConvolutionRequest& request_;
  const Track& output_;
  EndlessReader reader_;
  dsp::Convolver& convolver_;
  Planar in_, wet_;
  std::vector<float> mixed_;
  std::size_t at_ = 0;
};

}  // namespace

core::Status convolveTrack(
    const ConvolutionRequest& request, const core::CancelFlag& cancel,
    const std::function<void(const models::SeparationProgress&)>& onProgress) {
  const auto input = Track::open(request.input, request.channels);
  if (!input.ok()) return input.error();
  if (input.value().frames() == 0) return Error{ErrorCode::kInput, request.input + ": no sound"};
  const auto response = readResponse(request.response, request.responseChannels, 0);
  if (!response.ok()) return response.error();
  dsp::ConvolverOptions options;
  options.mode = request.mode;
  options.channels = request.channels;
  options.blockSize = request.blockSize;
  options.inputFrames = input.value().frames();
  const std::vector<std::span<const float>> channels(response.value().channels.begin(),
                                                     response.value().channels.end());
  const auto convolver = dsp::Convolver::create(channels, options);
  if (!convolver.ok()) return convolver.error();
  const std::size_t frames = input.value().frames() + convolver.value()->tailFrames();
  const auto output = Track::create(request.output, request.outputChannels(), frames);
  if (!output.ok()) return output.error();

  Convolution convolution(request, input.value(), output.value(), *convolver.value());
  STEMWRIGHT_TRY(convolution.begin());
  const std::size_t chunks = (frames + kChunk - 1) / kChunk;
  for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    const std::size_t start = chunk * kChunk;
    const std::size_t end = std::min(start + kChunk, frames);
    STEMWRIGHT_TRY(convolution.run(start, end - start));
    onProgress({chunk + 1, chunks, {{0, end}}});
  }
  return core::okStatus();
}

core::Result<JobPlan> planConvolution(ConvolutionRequest request) {
  const auto input = Track::open(request.input, request.channels);
  if (!input.ok()) return input.error();
  const auto response = Track::open(request.response, request.responseChannels);
  if (!response.ok()) return response.error();
  JobPlan plan;
  plan.outputs = {request.output};
  plan.channels = request.outputChannels();
  plan.range = {0,
                input.value().frames() + std::max<std::size_t>(response.value().frames(), 1) - 1};
  plan.work = [request = std::move(request)](const SeparationControl& control,
                                             const auto& onProgress) {
    return convolveTrack(request, control.cancel, onProgress);
  };
  return plan;
}

}  // namespace stemwright::session
