#include "session/effects.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cmath>
#include <span>
#include <utility>

#include "audio/thread_priority.h"
#include "dsp/convolution/convolver.h"
#include "rt/convolution_insert.h"
#include "rt/eq_insert.h"
#include "rt/flush_denormals.h"
#include "rt/gain_insert.h"
#include "rt/limiter_insert.h"
#include "session/response.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using Prepared = core::Result<PreparedEffect>;

/// Growing partitions gain nothing from larger blocks.
constexpr std::size_t kLargestGrowingBlock = 1024;
constexpr std::size_t kUsualBlock = 512;
/// An effect that takes more leaves nothing for the rest.
constexpr double kMostLoad = 0.9;

class Stopwatch {
 public:
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    return std::chrono::duration<double>(now - std::exchange(start_, now)).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

/// The power of two next to a device's block: for that a convolution is fastest.
std::size_t blockSizeOf(const ReverbRequest& request, const EffectSetting& setting) {
  if (request.blockSize != 0) return request.blockSize;
  const std::size_t frames = setting.blockFrames == 0 ? kUsualBlock : setting.blockFrames;
  const std::size_t most = request.mode == dsp::ConvolutionMode::kPartitioned ? kLargestGrowingBlock
                                                                              : dsp::kLargestBlock;
  return std::clamp(std::bit_ceil(frames), dsp::kSmallestBlock, most);
}

/// For noise, whose energies add.
double dryOf(const ReverbRequest& request, const EffectFacts& facts) {
  if (!request.isDryCompensated) return request.dry;
  const double wet = request.wet * facts.responseGain / facts.loudnessGain;
  return std::sqrt(std::max(0.0, request.dry * request.dry - wet * wet));
}

/// Takes the audio thread's share of real time, of the quietest of a few runs; leaves nothing
/// behind. A trial is as long as it takes until every part has had its turn, but for a moment each.
void measureLoad(dsp::Convolver& convolver, const EffectSetting& setting, EffectFacts& facts) {
  constexpr int kRuns = 3;
  constexpr std::size_t kFrames = 4096;
  constexpr double kMostSeconds = 0.25;
  const std::size_t block = setting.blockFrames == 0 ? kUsualBlock : setting.blockFrames;
  const std::size_t frames = std::min(block, kFrames);
  const std::size_t enough = setting.isTrial ? std::max(kFrames, convolver.latency()) : kFrames;
  std::vector<float> left(frames), right(frames);
  float* const channels[] = {left.data(), right.data()};
  const double seconds = static_cast<double>(frames) / setting.rate;
  facts.load = facts.worstLoad = 1e9;
  for (int run = 0; run < kRuns; ++run) {
    double taken = 0;
    double worst = 0;
    std::size_t blocks = 0;
    while (blocks * frames < enough && taken < kMostSeconds) {
      Stopwatch watch;
      convolver.process(channels, channels, frames);
      const double lap = watch.lap();
      taken += lap;
      worst = std::max(worst, lap);
      ++blocks;
      convolver.settle();
    }
    facts.load = std::min(facts.load, taken / (static_cast<double>(blocks) * seconds));
    facts.worstLoad = std::min(facts.worstLoad, worst / seconds);
  }
  convolver.reset();
}

/// First thing on the thread that computes a tail.
void prepareWorker() {
  audio::raiseThreadPriority(audio::ThreadRole::kHelper);
  thread_local const rt::FlushDenormals untilItsEnd;
}

Prepared prepare(const GainRequest& request, const EffectSetting& setting) {
  return PreparedEffect{
      std::make_unique<rt::GainInsert>(setting.rate, static_cast<float>(request.gain)), {}};
}

Prepared prepare(const EqRequest& request, const EffectSetting& setting) {
  const auto curve = dsp::EqCurve::of(request.bands, setting.rate);
  if (!curve.ok()) return curve.error();
  return PreparedEffect{std::make_unique<rt::EqInsert>(setting.rate, curve.value()), {}};
}

Prepared prepare(const LimiterRequest& request, const EffectSetting& setting) {
  auto insert = std::make_unique<rt::LimiterInsert>(setting.rate, request.ceilingDb);
  const EffectFacts facts{.latencyFrames = insert->latencyFrames()};
  return PreparedEffect{std::move(insert), facts};
}

core::Result<dsp::ImpulseResponse> editedResponse(const ReverbRequest& request, double rate,
                                                  EffectFacts& facts) {
  const auto read = readResponse(request.response, request.channels, rate);
  if (!read.ok()) return read.error();
  auto edited = dsp::editResponse(read.value(), request.edit);
  if (!edited.ok()) return edited.error();
  dsp::ImpulseResponse response = std::move(edited.value().response);
  facts.responseGain = std::pow(10, edited.value().gainDb / 20);
  facts.loudnessGain =
      request.edit.isLoudnessNormalised ? facts.responseGain : dsp::loudnessGain(response);
  facts.responseFrames = response.frames();
  return response;
}

Prepared prepare(const ReverbRequest& request, const EffectSetting& setting) {
  EffectFacts facts;
  Stopwatch watch;
  const auto response = editedResponse(request, setting.rate, facts);
  if (!response.ok()) return response.error();
  facts.readSeconds = watch.lap();

  dsp::ConvolverOptions options;
  options.mode = request.mode;
  options.blockSize = facts.blockSize = blockSizeOf(request, setting);
  if (request.isThreaded && setting.isLive) options.tailThread = dsp::TailThread::kWorker;
  options.onWorkerStart = prepareWorker;
  std::optional<GpuTails> gpuTails;
  if (options.tailThread == dsp::TailThread::kWorker && !request.gpu.device.empty() &&
      request.mode == ConvolutionMode::kPartitioned) {
    gpuTails.emplace(request.gpu);
    options.tailDevices = gpuTails->maker();
  }
  const auto& samples = response.value().channels;
  const std::vector<std::span<const float>> channels(samples.begin(), samples.end());
  auto made = dsp::Convolver::create(channels, options);
  if (!made.ok()) return made.error();
  std::unique_ptr<dsp::Convolver> convolver = std::move(made).value();
  facts.prepareSeconds = watch.lap();
  if (gpuTails) {
    facts.gpu = gpuTails->facts();
    facts.prepareSeconds -= facts.gpu.warmUpSeconds;
  }
  facts.latencyFrames = convolver->latency();
  if (setting.isLive) {
    // The direct form of a long response would take minutes for that.
    if (!setting.isTrial) convolver->warmUp();
    facts.warmUpSeconds = watch.lap();
    measureLoad(*convolver, setting, facts);
    if (facts.load > kMostLoad && !setting.isTrial) {
      return Error{ErrorCode::kInvalidArgument, "this mode takes " +
                                                    std::to_string(std::lround(100 * facts.load)) +
                                                    " % of the time there is for this response"};
    }
  }
  facts.dry = dryOf(request, facts);
  return PreparedEffect{std::make_unique<rt::ConvolutionInsert>(std::move(convolver), setting.rate,
                                                                static_cast<float>(facts.dry),
                                                                static_cast<float>(request.wet)),
                        facts};
}

core::Result<bool> glide(const GainRequest& wanted, const GainRequest&, rt::Insert& insert,
                         const EffectSetting&, EffectFacts&) {
  static_cast<rt::GainInsert&>(insert).set(static_cast<float>(wanted.gain));
  return true;
}

core::Result<bool> glide(const EqRequest& wanted, const EqRequest&, rt::Insert& insert,
                         const EffectSetting& setting, EffectFacts&) {
  const auto curve = dsp::EqCurve::of(wanted.bands, setting.rate);
  if (!curve.ok()) return curve.error();
  return static_cast<rt::EqInsert&>(insert).set(curve.value());
}

core::Result<bool> glide(const LimiterRequest& wanted, const LimiterRequest&, rt::Insert& insert,
                         const EffectSetting&, EffectFacts&) {
  static_cast<rt::LimiterInsert&>(insert).setCeiling(wanted.ceilingDb);
  return true;
}

/// Whether nothing but the mix is another.
bool isSameReverb(const ReverbRequest& a, const ReverbRequest& b) {
  return a.response == b.response && a.channels == b.channels && a.edit == b.edit &&
         a.mode == b.mode && a.blockSize == b.blockSize && a.isThreaded == b.isThreaded &&
         a.gpu == b.gpu;
}

core::Result<bool> glide(const ReverbRequest& wanted, const ReverbRequest& now, rt::Insert& insert,
                         const EffectSetting&, EffectFacts& facts) {
  auto& reverb = static_cast<rt::ConvolutionInsert&>(insert);
  // One that has lost its device is made anew, to try it again.
  if (!isSameReverb(wanted, now) || reverb.deviceCounts().isLost) return false;
  facts.dry = dryOf(wanted, facts);
  reverb.setMix(static_cast<float>(facts.dry), static_cast<float>(wanted.wet));
  return true;
}

}  // namespace

Prepared prepareEffect(const EffectRequest& request, const EffectSetting& setting) {
  return std::visit([&](const auto& one) { return prepare(one, setting); }, request);
}

core::Result<bool> glideTo(const EffectRequest& wanted, const EffectRequest& now,
                           rt::Insert& insert, const EffectSetting& setting, EffectFacts& facts) {
  return std::visit(
      [&](const auto& one) -> core::Result<bool> {
        const auto* const same = std::get_if<std::decay_t<decltype(one)>>(&now);
        return same == nullptr ? core::Result<bool>(false)
                               : glide(one, *same, insert, setting, facts);
      },
      wanted);
}

std::optional<EffectReading> readEffect(const EffectRequest& request, const rt::Insert& insert) {
  if (std::holds_alternative<LimiterRequest>(request)) {
    return EffectReading{.reductionDb =
                             static_cast<const rt::LimiterInsert&>(insert).reductionDb()};
  }
  if (std::holds_alternative<ReverbRequest>(request)) {
    const auto& reverb = static_cast<const rt::ConvolutionInsert&>(insert);
    return EffectReading{.missedBlocks = reverb.missedBlocks(), .gpu = reverb.deviceCounts()};
  }
  return std::nullopt;
}

}  // namespace stemwright::session
