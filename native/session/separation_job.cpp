#include "session/separation_job.h"

#include <algorithm>
#include <chrono>
#include <system_error>
#include <utility>

#include "core/background.h"
#include "session/eta.h"
#include "session/guard.h"
#include "session/peak_follower.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double segmentSeconds(const SeparationRequest& request) {
  double longest = 0;
  for (const BagMember& member : request.models) {
    const models::HTDemucsConfig& config = member.model->config();
    longest = std::max(longest, static_cast<double>(config.segmentFrames()) / config.sampleRate);
  }
  return request.segmentSeconds.value_or(longest);
}

}  // namespace

core::Result<JobPlan> planSeparation(SeparationRequest request) {
  if (request.models.empty()) {
    return Error{ErrorCode::kInvalidArgument, "a separation needs a model"};
  }
  JobPlan plan;
  for (const std::optional<std::string>& output : request.outputs) {
    if (output) plan.outputs.push_back(*output);
  }
  plan.channels = request.models.front().model->config().audioChannels;
  plan.range = request.range.value_or(FrameRange{0, request.frames});
  plan.segmentSeconds = segmentSeconds(request);
  plan.work = [request = std::move(request)](const SeparationControl& control,
                                             const auto& onProgress) {
    return models::separate(request, control, onProgress);
  };
  return plan;
}

core::Result<std::unique_ptr<SeparationJob>> SeparationJob::start(JobPlan plan,
                                                                  Callbacks callbacks) {
  std::unique_ptr<SeparationJob> job(new SeparationJob(std::move(plan), std::move(callbacks)));
  try {
    job->thread_ = std::thread([raw = job.get()] { raw->run(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kNoRoom, std::string("no thread for a separation: ") + error.what()};
  }
  return job;
}

SeparationJob::SeparationJob(JobPlan plan, Callbacks callbacks)
    : plan_(std::move(plan)), callbacks_(std::move(callbacks)) {}

SeparationJob::~SeparationJob() {
  cancel();
  join();
}

void SeparationJob::join() {
  if (thread_.joinable()) thread_.join();
}

void SeparationJob::run() noexcept {
  core::lowerThisThread();
  callbacks_.onEnd(guarded([this] { return separate(); }));
}

core::Result<JobResult> SeparationJob::separate() {
  const Clock::time_point start = Clock::now();
  PeakFollower peaks(plan_.outputs, plan_.channels);
  EtaEstimator eta;
  core::Status peaksStatus;
  models::SeparationProgress last;
  const auto onProgress = [&](const models::SeparationProgress& progress) {
    if (!peaksStatus.ok()) return;
    peaksStatus = peaks.follow(progress.finished);
    if (!peaksStatus.ok()) return cancel();
    const double fraction =
        static_cast<double>(progress.segment) / static_cast<double>(progress.segments);
    callbacks_.onProgress({progress.segment, progress.segments, progress.finished, fraction,
                           eta.update(fraction, secondsSince(start))});
    last = progress;
  };
  const core::Status status = plan_.work(*control_, onProgress);
  STEMWRIGHT_TRY(peaksStatus);
  STEMWRIGHT_TRY(status);
  STEMWRIGHT_TRY(peaks.follow({&plan_.range, 1}));
  return JobResult{secondsSince(start), plan_.segmentSeconds, last.onDevice, last.deviceFault};
}

}  // namespace stemwright::session
