#include "session/print_job.h"

#include <algorithm>
#include <span>
#include <utility>

#include "pcm/track.h"
#include "rt/flush_denormals.h"
#include "rt/strip.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using pcm::Track;

/// Frames at a time. A response's smallest blocks are no larger, so that they come whole.
constexpr std::size_t kBlock = 1024;
/// Blocks between reports of progress.
constexpr std::size_t kReport = 64;

/// Puts the effects into a strip. @return by how many frames they lag
core::Result<std::size_t> fillChain(const PrintRequest& request, rt::Strip& strip) {
  std::size_t latency = 0;
  std::vector<bool> isTaken(rt::kMostInserts);
  for (const PrintEffect& placed : request.effects) {
    if (placed.slot >= rt::kMostInserts || isTaken[placed.slot]) {
      return Error{ErrorCode::kInvalidArgument, "there is no such place for an effect"};
    }
    isTaken[placed.slot] = true;
    auto prepared = prepareEffect(placed.effect,
                                  {.rate = request.rate, .blockFrames = kBlock, .isLive = false});
    if (!prepared.ok()) return prepared.error();
    auto [insert, facts] = std::move(prepared).value();
    latency += facts.latencyFrames;
    strip.inserts().place(placed.slot, insert.release());
  }
  return latency;
}

/// Takes the track block by block through the strip; silence follows its end.
class Printer {
 public:
  Printer(const Track& input, const Track& output, rt::Strip& strip, std::size_t latency)
      : input_(input),
        output_(output),
        strip_(strip),
        latency_(latency),
        interleaved_(kBlock * input.channels()) {}

  /// Input frames [at, at + kBlock).
  core::Status run(std::size_t at) {
    const std::size_t channels = input_.channels();
    const std::size_t end = std::min(at + kBlock, input_.frames());
    std::fill(interleaved_.begin(), interleaved_.end(), 0.0f);
    if (at < end) {
      STEMWRIGHT_TRY(input_.read(at, std::span(interleaved_).first((end - at) * channels)));
    }
    for (std::size_t i = 0; i < kBlock; ++i) {
      strip_.left()[i] = interleaved_[i * channels];
      strip_.right()[i] = interleaved_[i * channels + channels - 1];
    }
    strip_.process(kBlock);
    return write(at);
  }

 private:
  /// What came out, at the place where it belongs.
  core::Status write(std::size_t at) {
    const std::size_t channels = output_.channels();
    for (std::size_t i = 0; i < kBlock; ++i) {
      const float left = strip_.left()[i];
      const float right = strip_.right()[i];
      interleaved_[i * channels] = channels == 1 ? (left + right) / 2 : left;
      if (channels == 2) interleaved_[i * channels + 1] = right;
    }
    const std::size_t skipped = latency_ > at ? std::min(latency_ - at, kBlock) : 0;
    const std::size_t start = at + skipped - latency_;
    if (skipped == kBlock || start >= output_.frames()) return core::okStatus();
    const std::size_t count = std::min(kBlock - skipped, output_.frames() - start);
    return output_.writeAt(start,
                           std::span(interleaved_).subspan(skipped * channels, count * channels));
  }

  const Track& input_;
  const Track& output_;
  rt::Strip& strip_;
  const std::size_t latency_;
  std::vector<float> interleaved_;
};

}  // namespace

core::Status printTrack(const PrintRequest& request, const core::CancelFlag& cancel,
                        const std::function<void(const models::SeparationProgress&)>& onProgress) {
  const auto input = Track::open(request.input, request.channels);
  if (!input.ok()) return input.error();
  const std::size_t frames = input.value().frames();
  if (frames == 0) return Error{ErrorCode::kInput, request.input + ": no sound"};
  rt::Strip strip(request.rate);
  const auto latency = fillChain(request, strip);
  if (!latency.ok()) return latency.error();
  const auto output = Track::create(request.output, request.channels, frames);
  if (!output.ok()) return output.error();

  const rt::FlushDenormals flush;
  Printer printer(input.value(), output.value(), strip, latency.value());
  const std::size_t blocks = (frames + latency.value() + kBlock - 1) / kBlock;
  for (std::size_t block = 0; block < blocks; ++block) {
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    STEMWRIGHT_TRY(printer.run(block * kBlock));
    if (block % kReport == kReport - 1 || block + 1 == blocks) {
      const std::size_t done = std::min(frames, (block + 1) * kBlock);
      onProgress({block + 1, blocks, {{0, done - std::min(done, latency.value())}}});
    }
  }
  return core::okStatus();
}

core::Result<JobPlan> planPrint(PrintRequest request) {
  const auto input = Track::open(request.input, request.channels);
  if (!input.ok()) return input.error();
  JobPlan plan;
  plan.outputs = {request.output};
  plan.channels = request.channels;
  plan.range = {0, input.value().frames()};
  plan.work = [request = std::move(request)](const SeparationControl& control,
                                             const auto& onProgress) {
    return printTrack(request, control.cancel, onProgress);
  };
  return plan;
}

}  // namespace stemwright::session
