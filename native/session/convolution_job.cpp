#include "session/convolution_job.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/trace.h"
#include "dsp/convolution/convolver.h"
#include "pcm/track.h"
#include "session/gpu.h"
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

/// What convolves a stream: `latency` frames late.
struct Engine {
  std::function<core::Status(const float* const* in, float* const* out, std::size_t frames)>
      process;
  std::size_t latency = 0;
};

core::Result<Engine> onProcessor(const ConvolutionRequest& request, std::size_t inputFrames,
                                 std::span<const std::span<const float>> response) {
  dsp::ConvolverOptions options;
  options.mode = request.mode;
  options.channels = request.channels;
  options.blockSize = request.blockSize;
  options.inputFrames = inputFrames;
  auto made = dsp::Convolver::create(response, options);
  if (!made.ok()) return made.error();
  const std::shared_ptr<dsp::Convolver> convolver = std::move(made).value();
  return Engine{[convolver](const float* const* in, float* const* out, std::size_t frames) {
                  convolver->process(in, out, frames);
                  return core::okStatus();
                },
                convolver->latency()};
}

core::Result<Engine> onDevice(const ConvolutionRequest& request,
                              std::span<const std::span<const float>> response) {
  const auto device = openGpu(request.gpu);
  if (!device.ok()) return device.error();
  auto made = gpu::Convolution::create(*device.value(), response, request.channels, kChunk);
  if (!made.ok()) return made.error();
  const std::shared_ptr<gpu::Convolution> convolution = std::move(made).value();
  std::vector<float> x(convolution->inputs() * kChunk);
  std::vector<float> y(convolution->outputs() * kChunk);
  // Only the last call may be of fewer frames.
  return Engine{[convolution, x, y](const float* const* in, float* const* out,
                                    std::size_t frames) mutable -> core::Status {
    for (std::size_t c = 0; c < convolution->inputs(); ++c) {
      float* const to = x.data() + c * kChunk;
      std::fill(std::copy_n(in[c], frames, to), to + kChunk, 0.0f);
    }
    STEMWRIGHT_TRY(convolution->process(x, y));
    for (std::size_t c = 0; c < convolution->outputs(); ++c) {
      std::copy_n(y.data() + c * kChunk, frames, out[c]);
    }
    return core::okStatus();
  }};
}

/// One pass over the input.
class Convolution {
 public:
  Convolution(const ConvolutionRequest& request, const Track& input, const Track& output,
              Engine& engine)
      : request_(request),
        output_(output),
        reader_(input),
        engine_(engine),
        in_(input.channels(), std::vector<float>(kChunk)),
        wet_(output.channels(), std::vector<float>(kChunk)),
        mixed_(kChunk * output.channels()) {}

  /// Takes off the latency: what comes out before the first frame is dropped.
  core::Status begin() {
    for (std::size_t left = engine_.latency; left > 0;) {
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
    return engine_.process(in, out, count);
  }

  const ConvolutionRequest& request_;
  const Track& output_;
  EndlessReader reader_;
  Engine& engine_;
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
  const std::vector<std::span<const float>> channels(response.value().channels.begin(),
                                                     response.value().channels.end());
  const std::size_t frames = input.value().frames() + channels[0].size() - 1;
  const auto output = Track::create(request.output, request.outputChannels(), frames);
  if (!output.ok()) return output.error();
  std::string deviceFault;
  const auto run = [&](Engine& engine, bool isOnDevice) -> core::Status {
    Convolution convolution(request, input.value(), output.value(), engine);
    STEMWRIGHT_TRY(convolution.begin());
    const std::size_t chunks = (frames + kChunk - 1) / kChunk;
    for (std::size_t chunk = 0; chunk < chunks; ++chunk) {
      if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
      const std::size_t start = chunk * kChunk;
      const std::size_t end = std::min(start + kChunk, frames);
      STEMWRIGHT_TRY(convolution.run(start, end - start));
      onProgress({chunk + 1, chunks, {{0, end}}, isOnDevice ? chunk + 1 : 0, deviceFault});
    }
    return core::okStatus();
  };
  if (!request.gpu.empty()) {
    auto engine = onDevice(request, channels);
    const core::Status status = engine.ok() ? run(engine.value(), true) : engine.error();
    const bool isOfDevice = !status.ok() && (status.error().code == ErrorCode::kDeviceLost ||
                                             status.error().code == ErrorCode::kNoRoom ||
                                             status.error().code == ErrorCode::kInternal);
    if (!isOfDevice) return status;
    deviceFault = status.error().message;
  }
  auto engine = onProcessor(request, input.value().frames(), channels);
  if (!engine.ok()) return engine.error();
  return run(engine.value(), false);
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
