#include "session/separation_job.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <iterator>
#include <new>
#include <stdexcept>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

#include "tests/pcm/temporary_folder.h"
#include "tests/pcm/test_tracks.h"

using stemwright::core::Error;
using stemwright::core::ErrorCode;
using stemwright::core::Result;
using stemwright::core::Status;
using stemwright::models::SeparationControl;
using stemwright::models::SeparationProgress;
using stemwright::session::JobPlan;
using stemwright::session::JobProgress;
using stemwright::session::JobResult;
using stemwright::session::SeparationJob;

namespace {

using OnProgress = std::function<void(const SeparationProgress&)>;

struct Outcome {
  std::vector<JobProgress> progress;
  Result<JobResult> end;
};

Outcome runToEnd(JobPlan plan) {
  std::vector<JobProgress> progress;
  std::promise<Result<JobResult>> end;
  auto job = SeparationJob::start(
      std::move(plan), {[&](const JobProgress& step) { progress.push_back(step); },
                        [&](const Result<JobResult>& result) { end.set_value(result); }});
  REQUIRE(job.ok());
  auto result = end.get_future().get();
  job.value()->join();
  return {progress, result};
}

/// Runs until it is cancelled.
Status endless(const SeparationControl& control, const OnProgress&) {
  while (!control.cancel.requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  return Error{ErrorCode::kCancelled, "cancelled"};
}

template <typename Thrown>
JobPlan throwing(Thrown thrown) {
  JobPlan plan;
  plan.work = [thrown](const SeparationControl&, const OnProgress&) -> Status { throw thrown; };
  return plan;
}

}  // namespace

TEST_SUITE("session") {
#if defined(__linux__)
  TEST_CASE("a job gives way to the threads of sound and interface") {
    JobPlan plan;
    std::atomic<int> nice{0};
    plan.work = [&](const SeparationControl&, const OnProgress&) {
      nice = getpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)));
      return Status();
    };
    runToEnd(std::move(plan));
    CHECK(nice >= 10);
  }
#endif

  TEST_CASE("a job reports each step with its share and ends with a result") {
    JobPlan plan;
    plan.segmentSeconds = 7.8;
    plan.work = [](const SeparationControl&, const OnProgress& onProgress) -> Status {
      for (std::size_t segment = 1; segment <= 4; ++segment) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        onProgress({segment, 4, {{0, segment * 100}}});
      }
      return {};
    };
    const Outcome outcome = runToEnd(std::move(plan));
    REQUIRE(outcome.end.ok());
    CHECK(outcome.end.value().segmentSeconds == 7.8);
    CHECK(outcome.end.value().seconds >= 0.008);
    REQUIRE(outcome.progress.size() == 4);
    CHECK(outcome.progress[1].segment == 2);
    CHECK(outcome.progress[1].segments == 4);
    CHECK(outcome.progress[1].fraction == 0.5);
    CHECK(outcome.progress[1].etaSeconds.value() > 0);
    CHECK(outcome.progress[3].finished.front().second == 400);
    CHECK(outcome.progress[3].etaSeconds.value() == 0);
  }

  TEST_CASE("cancelling ends the job with kCancelled, however often it is asked") {
    std::promise<Result<JobResult>> end;
    JobPlan plan;
    plan.work = endless;
    auto job = SeparationJob::start(
        std::move(plan), {[](const JobProgress&) {},
                          [&](const Result<JobResult>& result) { end.set_value(result); }});
    REQUIRE(job.ok());
    const auto control = job.value()->control();
    job.value()->cancel();
    job.value()->cancel();
    CHECK(end.get_future().get().error().code == ErrorCode::kCancelled);
    job.value()->cancel();
    job.value().reset();
    CHECK(control->cancel.requested());
  }

  TEST_CASE("destroying a running job stops it, after its end was told") {
    bool ended = false;
    JobPlan plan;
    plan.work = endless;
    auto job = SeparationJob::start(
        std::move(plan),
        {[](const JobProgress&) {}, [&](const Result<JobResult>&) { ended = true; }});
    REQUIRE(job.ok());
    job.value().reset();
    CHECK(ended);
  }

  TEST_CASE("exceptions become errors") {
    const Outcome thrown = runToEnd(throwing(std::runtime_error("split")));
    CHECK(thrown.end.error().code == ErrorCode::kInternal);
    CHECK(thrown.end.error().message == "split");
    CHECK(runToEnd(throwing(std::bad_alloc())).end.error().code == ErrorCode::kNoRoom);
    CHECK(runToEnd(throwing(1)).end.error().code == ErrorCode::kInternal);
  }

  TEST_CASE("peaks are there for what is finished while the job runs, and in full at the end") {
    const TemporaryFolder folder;
    const std::string path = folder.file("vocals.f32");
    JobPlan plan;
    plan.outputs = {path};
    plan.channels = 1;
    plan.range = {0, 1000};
    plan.work = [&](const SeparationControl&, const OnProgress& onProgress) -> Status {
      writeTrack(path, 1, std::vector<float>(1000, 1.0f));
      onProgress({1, 2, {{0, 256}}});
      return {};
    };
    std::vector<std::string> seen;
    const auto read = [&] {
      std::ifstream stream(folder.file("vocals.peaks"), std::ios::binary);
      seen.emplace_back(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
    };
    std::promise<Result<JobResult>> end;
    auto job = SeparationJob::start(
        std::move(plan), {[&](const JobProgress&) { read(); },
                          [&](const Result<JobResult>& result) { end.set_value(result); }});
    REQUIRE(job.ok());
    REQUIRE(end.get_future().get().ok());
    read();
    REQUIRE(seen.size() == 2);
    REQUIRE(seen[0].size() == 32 + (2 + 1) * (4 + 2 + 1));
    CHECK(seen[0].substr(32, 8) == std::string("\x7f\x7f\0\0\0\0\0\0", 8));
    CHECK(seen[1].substr(32, 8) == std::string("\x7f\x7f\x7f\x7f\x7f\x7f\x7f\x7f", 8));
  }

  TEST_CASE("peaks that cannot be written stop the job with their error") {
    const TemporaryFolder folder;
    JobPlan plan;
    plan.outputs = {folder.file("never-made.f32")};
    plan.channels = 1;
    plan.range = {0, 1000};
    plan.work = [](const SeparationControl& control, const OnProgress& onProgress) {
      onProgress({1, 2, {{0, 256}}});
      return endless(control, onProgress);
    };
    const Outcome outcome = runToEnd(std::move(plan));
    CHECK(outcome.end.error().code == ErrorCode::kInput);
    CHECK(outcome.end.error().message.find("never-made.f32") != std::string::npos);
    CHECK(outcome.progress.empty());
  }
}
