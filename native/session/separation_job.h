#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "core/result.h"
#include "models/segmented_separation.h"
#include "session/model.h"

namespace stemwright::session {

using models::BagMember;
using models::FrameRange;
using models::SeparationControl;
using models::SeparationRequest;

struct JobProgress {
  std::size_t segment = 0;
  std::size_t segments = 0;
  std::vector<FrameRange> finished;  ///< final in every output, ascending, merged
  double fraction = 0;
  std::optional<double> etaSeconds;
};

struct JobResult {
  double seconds = 0;            ///< wall time
  double segmentSeconds = 0;     ///< length that the network ran on; the longest of a bag
  std::size_t onDevice = 0;      ///< segments that a graphics processor computed
  std::string deviceFault = {};  ///< why the processor went on alone; empty: it did not
};

/// What a job runs, and where its sound appears.
struct JobPlan {
  using Work =
      std::function<core::Status(const models::SeparationControl&,
                                 const std::function<void(const models::SeparationProgress&)>&)>;
  Work work;                         ///< has made the output tracks before it first reports
  std::vector<std::string> outputs;  ///< paths of the stem tracks
  std::size_t channels = 0;
  FrameRange range{0, 0};  ///< of frames that are written
  double segmentSeconds = 0;
};

/// The plan that runs models::separate. @return kInvalidArgument without a model
core::Result<JobPlan> planSeparation(models::SeparationRequest request);

/// One separation on a thread of its own, which gives way to those of sound and interface and keeps
/// the stems' peaks up to date.
class SeparationJob {
 public:
  struct Callbacks {
    std::function<void(const JobProgress&)> onProgress;
    /// Exactly once, last; kCancelled when the job was stopped. Must not throw.
    std::function<void(const core::Result<JobResult>&)> onEnd;
  };

  /// Callbacks come on the job's thread, and may come before this returns.
  /// @return kNoRoom when there is no thread to be had; then no callback comes
  static core::Result<std::unique_ptr<SeparationJob>> start(JobPlan plan, Callbacks callbacks);
  /// Cancels, and waits for onEnd to return. Not on the job's own thread.
  ~SeparationJob();
  SeparationJob(const SeparationJob&) = delete;
  SeparationJob& operator=(const SeparationJob&) = delete;

  /// Asks the job to stop; asking again, or too late, does nothing. [thread-safe]
  void cancel() noexcept { control_->cancel.request(); }
  /// What cancel() and the focus go through; may outlive the job.
  std::shared_ptr<models::SeparationControl> control() const { return control_; }
  /// Waits for the end. [one thread]
  void join();

 private:
  SeparationJob(JobPlan plan, Callbacks callbacks);
  void run() noexcept;
  core::Result<JobResult> separate();

  const JobPlan plan_;
  const Callbacks callbacks_;
  const std::shared_ptr<models::SeparationControl> control_ =
      std::make_shared<models::SeparationControl>();
  std::thread thread_;
};

}  // namespace stemwright::session
