#include "session/print_job.h"

#include <algorithm>
#include <memory>
#include <optional>
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

/// Puts effects into a strip. @return by how many frames they lag
core::Result<std::size_t> fillChain(const std::vector<PrintEffect>& effects, double rate,
                                    rt::Strip& strip) {
  std::size_t latency = 0;
  std::vector<bool> isTaken(rt::kMostInserts);
  for (const PrintEffect& placed : effects) {
    if (placed.slot >= rt::kMostInserts || isTaken[placed.slot]) {
      return Error{ErrorCode::kInvalidArgument, "there is no such place for an effect"};
    }
    isTaken[placed.slot] = true;
    auto prepared =
        prepareEffect(placed.effect, {.rate = rate, .blockFrames = kBlock, .isLive = false});
    if (!prepared.ok()) return prepared.error();
    auto [insert, facts] = std::move(prepared).value();
    latency += facts.latencyFrames;
    strip.inserts().place(placed.slot, insert.release());
  }
  return latency;
}

/// The mixer of rt::Engine, as fast as it goes; silence follows the tracks' end.
class Printer {
 public:
  explicit Printer(const PrintRequest& request)
      : channels_(request.channels),
        isSend_(request.bus == PrintBus::kSend),
        send_(request.rate),
        master_(request.rate),
        interleaved_(kBlock * request.channels) {}

  core::Status open(const PrintRequest& request) {
    std::size_t lag = 0;
    for (const PrintTrack& track : request.tracks) {
      auto opened = Track::open(track.path, channels_);
      if (!opened.ok()) return opened.error();
      frames_ = std::max(frames_, opened.value().frames());
      auto strip = std::make_unique<rt::Strip>(request.rate);
      const auto latency = fillChain(track.effects, request.rate, *strip);
      if (!latency.ok()) return latency.error();
      lag = std::max(lag, latency.value());
      strip->startAt(rt::gainsOf(track.gain, track.pan));
      strip->startSendingAt(static_cast<float>(track.send));
      inputs_.push_back({std::move(opened).value(), std::move(strip)});
    }
    if (frames_ == 0) return Error{ErrorCode::kInput, "there is no sound to print"};
    for (Input& input : inputs_) input.strip->startLaggingBy(lag);
    const auto sendLatency = fillChain(request.sendEffects, request.rate, send_);
    if (!sendLatency.ok()) return sendLatency.error();
    const auto masterLatency = fillChain(request.masterEffects, request.rate, master_);
    if (!masterLatency.ok()) return masterLatency.error();
    latency_ = lag + (isSend_ ? sendLatency : masterLatency).value();
    auto output = Track::create(request.output, channels_, frames_);
    if (!output.ok()) return output.error();
    output_.emplace(std::move(output).value());
    return {};
  }

  std::size_t frames() const { return frames_; }
  /// By which what comes out lags.
  std::size_t latency() const { return latency_; }

  /// Frames [at, at + kBlock) of the tracks.
  core::Status run(std::size_t at) {
    clear(send_);
    clear(master_);
    for (Input& input : inputs_) {
      STEMWRIGHT_TRY(read(input, at));
      input.strip->processInto(master_, kBlock);
      input.strip->addSend(send_.left(), send_.right(), kBlock);
    }
    send_.processInto(master_, kBlock);
    if (!isSend_) master_.process(kBlock);
    return write(isSend_ ? send_ : master_, at);
  }

 private:
  struct Input {
    Track track;
    std::unique_ptr<rt::Strip> strip;
  };

  static void clear(rt::Strip& bus) {
    std::fill_n(bus.left(), kBlock, 0.0f);
    std::fill_n(bus.right(), kBlock, 0.0f);
  }

  core::Status read(Input& input, std::size_t at) {
    const std::size_t end = std::min(at + kBlock, input.track.frames());
    std::fill(interleaved_.begin(), interleaved_.end(), 0.0f);
    if (at < end) {
      STEMWRIGHT_TRY(input.track.read(at, std::span(interleaved_).first((end - at) * channels_)));
    }
    for (std::size_t i = 0; i < kBlock; ++i) {
      input.strip->left()[i] = interleaved_[i * channels_];
      input.strip->right()[i] = interleaved_[i * channels_ + channels_ - 1];
    }
    return {};
  }

  /// What came out, at the place where it belongs.
  core::Status write(rt::Strip& bus, std::size_t at) {
    for (std::size_t i = 0; i < kBlock; ++i) {
      const float left = bus.left()[i];
      const float right = bus.right()[i];
      interleaved_[i * channels_] = channels_ == 1 ? (left + right) / 2 : left;
      if (channels_ == 2) interleaved_[i * channels_ + 1] = right;
    }
    const std::size_t skipped = latency_ > at ? std::min(latency_ - at, kBlock) : 0;
    const std::size_t start = at + skipped - latency_;
    if (skipped == kBlock || start >= frames_) return core::okStatus();
    const std::size_t count = std::min(kBlock - skipped, frames_ - start);
    return output_->writeAt(
        start, std::span(interleaved_).subspan(skipped * channels_, count * channels_));
  }

  const std::size_t channels_;
  const bool isSend_;
  std::vector<Input> inputs_;
  rt::Strip send_;
  rt::Strip master_;
  std::optional<Track> output_;
  std::size_t frames_ = 0;
  std::size_t latency_ = 0;
  std::vector<float> interleaved_;
};

}  // namespace

core::Status print(const PrintRequest& request, const core::CancelFlag& cancel,
                   const std::function<void(const models::SeparationProgress&)>& onProgress) {
  if (request.tracks.empty())
    return Error{ErrorCode::kInvalidArgument, "there is nothing to print"};
  Printer printer(request);
  STEMWRIGHT_TRY(printer.open(request));
  const rt::FlushDenormals flush;
  const std::size_t frames = printer.frames();
  const std::size_t blocks = (frames + printer.latency() + kBlock - 1) / kBlock;
  for (std::size_t block = 0; block < blocks; ++block) {
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    STEMWRIGHT_TRY(printer.run(block * kBlock));
    if (block % kReport == kReport - 1 || block + 1 == blocks) {
      const std::size_t done = std::min(frames, (block + 1) * kBlock);
      onProgress({block + 1, blocks, {{0, done - std::min(done, printer.latency())}}});
    }
  }
  return core::okStatus();
}

core::Result<JobPlan> planPrint(PrintRequest request) {
  std::size_t frames = 0;
  for (const PrintTrack& track : request.tracks) {
    const auto opened = Track::open(track.path, request.channels);
    if (!opened.ok()) return opened.error();
    frames = std::max(frames, opened.value().frames());
  }
  JobPlan plan;
  plan.outputs = {request.output};
  plan.channels = request.channels;
  plan.range = {0, frames};
  plan.work = [request = std::move(request)](const SeparationControl& control,
                                             const auto& onProgress) {
    return print(request, control.cancel, onProgress);
  };
  return plan;
}

}  // namespace stemwright::session
