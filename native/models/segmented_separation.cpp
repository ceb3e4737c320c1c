#include "models/segmented_separation.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <deque>
#include <future>
#include <random>
#include <span>

#include "core/background.h"
#include "core/background_thread.h"
#include "core/memory_usage.h"
#include "core/thread_pool.h"
#include "core/trace.h"
#include "models/segment_grid.h"
#include "pcm/track.h"

namespace stemwright::models {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;

/// Demucs shifts by up to half a second.
constexpr double kMaxShiftSeconds = 0.5;

/// One pass of one model over the whole song.
struct Pass {
  const BagMember* member;
  SegmentGrid grid;
  std::size_t segmentFrames;
};

/// One run of the network.
struct Task {
  std::size_t pass;
  std::size_t segment;
  FrameRange covers;  ///< frames of the song, those outside the wanted range left out
};

Error refuse(const char* what) {
  return {ErrorCode::kInvalidArgument, what};
}

/// The models of a bag must agree, and together have a say in each source.
Status checkBag(const SeparationRequest& r) {
  const HTDemucsConfig& first = r.models[0].model->config();
  std::vector<double> totals(first.sources.size(), 0.0);
  for (const BagMember& member : r.models) {
    const HTDemucsConfig& config = member.model->config();
    if (config.sources != first.sources || config.sampleRate != first.sampleRate ||
        config.audioChannels != first.audioChannels) {
      return Error{ErrorCode::kModel, "the models of a bag differ in sources, rate or channels"};
    }
    if (member.weights.size() != totals.size()) return refuse("one weight per source");
    for (std::size_t source = 0; source < totals.size(); ++source) {
      totals[source] += member.weights[source];
    }
  }
  for (const double total : totals) {
    if (!std::isfinite(1.0 / total)) return refuse("the weights of a source add up to nothing");
  }
  return {};
}

Status checkSegment(std::optional<double> seconds) {
  if (!seconds || (*seconds > 0 && *seconds <= kMostSegmentSeconds)) return {};
  return refuse("segment must lie in (0, 120] seconds");
}

Status check(const SeparationRequest& r) {
  if (r.models.empty()) return refuse("no model was given");
  if (r.frames == 0) return Error{ErrorCode::kInput, r.input + ": there is no sound in it"};
  if (!(r.overlap >= 0 && r.overlap < 1)) return refuse("overlap must lie in [0, 1)");
  if (r.threads == 0) return refuse("at least one thread is needed");
  if (!std::isfinite(r.mean) || !std::isfinite(r.std)) return refuse("mean and std must be finite");
  STEMWRIGHT_TRY(checkSegment(r.segmentSeconds));
  if (r.range && !(r.range->first < r.range->second && r.range->second <= r.frames)) {
    return refuse("range must hold frames of the song");
  }
  if (r.outputs.size() != r.models[0].model->config().sources.size()) {
    return refuse("one output per source is needed");
  }
  return checkBag(r);
}

std::size_t segmentFramesOf(std::optional<double> seconds, const HTDemucsConfig& config) {
  if (!seconds) return config.segmentFrames();
  const double frames = std::floor(*seconds * config.sampleRate);
  return std::max<std::size_t>(1, static_cast<std::size_t>(frames));
}

std::vector<Pass> planPasses(const SeparationRequest& r) {
  std::mt19937_64 random(r.seed);
  std::vector<Pass> passes;
  for (const BagMember& member : r.models) {
    const HTDemucsConfig& config = member.model->config();
    const std::size_t segment = segmentFramesOf(r.segmentSeconds, config);
    const auto most = static_cast<std::size_t>(kMaxShiftSeconds * config.sampleRate);
    for (unsigned shift = 0; shift < std::max(1u, r.shifts); ++shift) {
      const std::size_t lead = r.shifts == 0 ? 0 : random() % (most + 1);
      passes.push_back({&member, SegmentGrid(r.frames, segment, r.overlap, lead), segment});
    }
  }
  return passes;
}

/// The segments that reach into the range, from its start; passes over the same frames together,
/// so that they become final together.
std::vector<Task> planTasks(const std::vector<Pass>& passes, const FrameRange& range) {
  std::vector<Task> tasks;
  for (std::size_t p = 0; p < passes.size(); ++p) {
    const SegmentGrid& grid = passes[p].grid;
    for (std::size_t k = 0; k < grid.segments(); ++k) {
      const std::ptrdiff_t start = grid.start(k);
      const auto end = static_cast<std::size_t>(
          std::max<std::ptrdiff_t>(0, start + static_cast<std::ptrdiff_t>(grid.length(k))));
      const auto begin = static_cast<std::size_t>(std::max<std::ptrdiff_t>(0, start));
      if (begin < range.second && range.first < end) tasks.push_back({p, k, {begin, end}});
    }
  }
  // Before they are cut to the range: results must add up in the order of a whole run.
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const Task& a, const Task& b) { return a.covers.first < b.covers.first; });
  for (Task& task : tasks) {
    task.covers = {std::max(task.covers.first, range.first),
                   std::min(task.covers.second, range.second)};
  }
  return tasks;
}

/// The task that the focus asks for among those that wait, which are in order.
std::vector<Task>::const_iterator nextOf(const std::vector<Task>& waiting, std::size_t focus) {
  const auto next = std::find_if(waiting.begin(), waiting.end(),
                                 [&](const Task& task) { return task.covers.second > focus; });
  return next == waiting.end() ? std::prev(next) : next;
}

/// What no open task covers within the range, ascending.
std::vector<FrameRange> finishedRanges(std::vector<Task> open, const FrameRange& range) {
  std::sort(open.begin(), open.end(),
            [](const Task& a, const Task& b) { return a.covers.first < b.covers.first; });
  std::vector<FrameRange> finished;
  std::size_t at = range.first;
  for (const Task& task : open) {
    if (task.covers.first > at) finished.emplace_back(at, task.covers.first);
    at = std::max(at, task.covers.second);
  }
  if (at < range.second) finished.emplace_back(at, range.second);
  return finished;
}

/// Whether all are numbers, without a branch each.
bool areFinite(std::span<const float> values) {
  std::uint32_t largest = 0;
  for (const float value : values) {
    largest = std::max(largest, std::bit_cast<std::uint32_t>(value) & 0x7fff'ffffu);
  }
  return largest < 0x7f80'0000u;
}

class Separation {
 public:
  Separation(const SeparationRequest& request, const SeparationControl& control)
      : request_(request),
        control_(control),
        range_(request.range.value_or(FrameRange{0, request.frames})),
        channels_(request.models[0].model->config().audioChannels),
        sources_(request.outputs.size()),
        passes_(planPasses(request)),
        pool_(request.threads, core::ThreadPool::Priority::kBackground) {}

  Status run(const std::function<void(const SeparationProgress&)>& onProgress) {
    STEMWRIGHT_TRY(openTracks());
    std::vector<Task> waiting = planTasks(passes_, range_);
    const std::size_t segments = waiting.size();
    while (!waiting.empty() || !flights_.empty()) {
      if (control_.cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
      STEMWRIGHT_TRY(launch(waiting));
      STEMWRIGHT_TRY(finishFirst());
      STEMWRIGHT_TRY(handOver());
      STEMWRIGHT_TRY(write(progressOf(waiting, segments), onProgress));
    }
    return writer_ ? writer_->wait() : Status();
  }

 private:
  Status openTracks() {
    core::Result<pcm::Track> input = pcm::Track::open(request_.input, channels_);
    if (!input.ok()) return input.error();
    if (input.value().frames() != request_.frames) {
      return Error{ErrorCode::kInput, request_.input + ": the track has another length"};
    }
    input_.emplace(std::move(input).value());
    for (const std::optional<std::string>& path : request_.outputs) {
      outputs_.emplace_back();
      if (!path) continue;
      core::Result<pcm::Track> output = pcm::Track::create(*path, channels_, request_.frames);
      if (!output.ok()) return output.error();
      outputs_.back().emplace(std::move(output).value());
    }
    return {};
  }

  /// A segment between its window and its stems.
  struct Flight {
    Task task{};
    std::vector<float> mix{};
    std::vector<float> out{};
    std::future<Status> onDevice{};                              ///< none: the processor's turn
    core::MemoryClaim claim{core::MemoryOwner::kWorkspaces, 0};  ///< of mix and out
  };

  const Pass& passOf(const Flight& flight) const { return passes_[flight.task.pass]; }

  /// Begins what a device takes without waiting, else one segment. Segments end in the order in
  /// which they began, so that sums are those of one after the other.
  Status launch(std::vector<Task>& waiting) {
    while (!waiting.empty()) {
      const auto next = nextOf(waiting, control_.focus.load(std::memory_order_relaxed));
      const Pass& pass = passes_[next->pass];
      const bool isForDevice = pass.member->gpu && deviceFault_.empty() &&
                               control_.mayUseDevice.load(std::memory_order_relaxed);
      HTDemucsGpuRunner* const runner = isForDevice ? findDeviceRunner(pass) : nullptr;
      const bool hasPlace = runner != nullptr && flights_.size() < runner->program().slots();
      if (!flights_.empty() && !hasPlace) break;
      Flight& flight = flights_.emplace_back();
      if (!spare_.empty()) {
        flight = std::move(spare_.back());
        spare_.pop_back();
      }
      flight.task = *next;
      waiting.erase(next);
      flight.mix.resize(pass.segmentFrames * channels_);
      flight.out.resize(flight.mix.size() * sources_);
      flight.claim.resize((flight.mix.size() + flight.out.size()) * sizeof(float));
      STEMWRIGHT_TRY(readWindow(pass.grid.windowStart(flight.task.segment), flight.mix));
      if (isForDevice) begin(flight);
    }
    return {};
  }

  void begin(Flight& flight) {
    const auto runner = deviceRunnerFor(passOf(flight));
    if (!runner.ok()) return giveUp(runner.error().message);
    const auto ended = std::make_shared<std::promise<Status>>();
    std::future<Status> end = ended->get_future();
    if (runner.value()->program().tryExecuteAsync(
            flight.mix, flight.out, [ended](Status status) { ended->set_value(status); })) {
      flight.onDevice = std::move(end);
    }
  }

  /// Waits for the segment that began first. Where the device goes away, has no room or gives no
  /// numbers, the segment is computed again on the processor, and so are all that follow.
  Status finishFirst() {
    Flight& flight = flights_.front();
    if (flight.onDevice.valid()) {
      const Status status = flight.onDevice.get();
      if (status.ok() && areFinite(flight.out)) {
        ++onDevice_;
        return {};
      }
      giveUp(status.ok() ? "the graphics processor gave values that are no numbers"
                         : status.error().message);
    }
    core::Result<HTDemucsRunner*> runner = runnerFor(passOf(flight));
    if (!runner.ok()) return runner.error();
    const core::TraceRegion region("segment");
    return runner.value()->forward(flight.mix.data(), flight.out.data(), pool_, control_.cancel);
  }

  /// The segment that began first is the next to be written, once the one before it is.
  Status handOver() {
    if (writer_) STEMWRIGHT_TRY(writer_->wait());
    if (written_) spare_.push_back(std::move(*written_));
    written_ = std::move(flights_.front());
    flights_.pop_front();
    return {};
  }

  SeparationProgress progressOf(const std::vector<Task>& waiting, std::size_t segments) const {
    std::vector<Task> open;
    for (const Flight& flight : flights_) open.push_back(flight.task);
    open.insert(open.end(), waiting.begin(), waiting.end());
    const std::size_t done = segments - open.size();
    return {done, segments, finishedRanges(std::move(open), range_), onDevice_, deviceFault_};
  }

  /// Adds the segment to the stems and then tells of it, while the next one is computed. With one
  /// thread there is nothing to gain, and a core that is left to others stays theirs.
  Status write(SeparationProgress progress,
               const std::function<void(const SeparationProgress&)>& onProgress) {
    const auto work = [this, &onProgress, progress = std::move(progress)]() -> Status {
      const core::TraceRegion region("write");
      STEMWRIGHT_TRY(addToStems(*written_));
      onProgress(progress);
      return {};
    };
    if (request_.threads == 1 || request_.threads > core::backgroundThreads()) return work();
    if (!writer_) writer_.emplace();
    writer_->start(work);
    return {};
  }

  Status addToStems(const Flight& flight) {
    passOf(flight).grid.shares(flight.task.segment, shares_);
    for (std::size_t source = 0; source < sources_; ++source) {
      if (outputs_[source]) STEMWRIGHT_TRY(addSource(flight, source));
    }
    return {};
  }

  void giveUp(const std::string& fault) {
    if (deviceFault_.empty()) deviceFault_ = fault;
    deviceRunners_.clear();  // waits for what is in flight
  }

  HTDemucsGpuRunner* findDeviceRunner(const Pass& pass) const {
    for (const auto& runner : deviceRunners_) {
      if (&runner->model() == pass.member->gpu.get() && runner->frames() == pass.segmentFrames) {
        return runner.get();
      }
    }
    return nullptr;
  }

  /// Models of a bag have one each, as far as the device has room. Made while nothing is in flight.
  core::Result<HTDemucsGpuRunner*> deviceRunnerFor(const Pass& pass) {
    if (HTDemucsGpuRunner* const found = findDeviceRunner(pass)) return found;
    const auto make = [&] {
      return HTDemucsGpuRunner::create(pass.member->gpu, pass.segmentFrames, request_.mode,
                                       core::isTracing());
    };
    auto made = make();
    if (!made.ok() && made.error().code == ErrorCode::kNoRoom && !deviceRunners_.empty()) {
      deviceRunners_.clear();
      made = make();
    }
    if (!made.ok()) return made.error();
    deviceRunners_.push_back(std::move(made).value());
    return deviceRunners_.back().get();
  }

  /// The model's workspace. Only one is kept: models of a bag take turns in it, and it is made anew
  /// only for one of another shape.
  core::Result<HTDemucsRunner*> runnerFor(const Pass& pass) {
    if (runner_ != nullptr && runner_->frames() == pass.segmentFrames &&
        runner_->rebind(pass.member->model)) {
      return runner_.get();
    }
    runner_.reset();
    auto made = HTDemucsRunner::create(pass.member->model, pass.segmentFrames, request_.mode,
                                       request_.threads);
    if (!made.ok()) return made.error();
    runner_ = std::move(made).value();
    return runner_.get();
  }

  /// The network's input, normalised; silence outside the song stays silence.
  Status readWindow(std::ptrdiff_t start, std::vector<float>& mix) {
    const auto frames = static_cast<std::ptrdiff_t>(request_.frames);
    const auto length = static_cast<std::ptrdiff_t>(mix.size() / channels_);
    const auto begin = static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(start, 0, frames));
    const auto end =
        static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(start + length, 0, frames));
    std::fill(mix.begin(), mix.end(), 0.0f);
    float* first = mix.data() +
                   static_cast<std::size_t>(static_cast<std::ptrdiff_t>(begin) - start) * channels_;
    const std::span<float> inside(first, (end - begin) * channels_);
    STEMWRIGHT_TRY(input_->read(begin, inside));
    const auto mean = static_cast<float>(request_.mean);
    const auto gain = static_cast<float>(1.0 / (request_.std + kStdEpsilon));
    for (float& sample : inside) sample = (sample - mean) * gain;
    return {};
  }

  /// Adds the share of one segment to the source's track.
  Status addSource(const Flight& flight, std::size_t source) {
    const Task& task = flight.task;
    const Pass& pass = passOf(flight);
    const SegmentGrid& grid = pass.grid;
    const std::ptrdiff_t start = grid.start(task.segment);
    const auto skip =
        static_cast<std::size_t>(static_cast<std::ptrdiff_t>(task.covers.first) - start);
    const auto inWindow = static_cast<std::size_t>(start - grid.windowStart(task.segment));
    const std::size_t count = task.covers.second - task.covers.first;
    const float* from =
        flight.out.data() + source * flight.mix.size() + (inWindow + skip) * channels_;
    const auto std = static_cast<float>(request_.std + kStdEpsilon);
    const auto mean = static_cast<float>(request_.mean);
    const auto weight = static_cast<float>(passWeight(pass, source));

    sum_.resize(count * channels_);
    STEMWRIGHT_TRY(outputs_[source]->read(task.covers.first, sum_));
    for (std::size_t n = 0; n < count; ++n) {
      const float share = shares_[skip + n] * weight;
      for (std::size_t c = 0; c < channels_; ++c) {
        const std::size_t i = n * channels_ + c;
        sum_[i] += share * (from[i] * std + mean);
      }
    }
    return outputs_[source]->writeAt(task.covers.first, sum_);
  }

  /// A pass' part of the average over the bag and the shifts.
  double passWeight(const Pass& pass, std::size_t source) const {
    double total = 0;
    for (const BagMember& member : request_.models) total += member.weights[source];
    return pass.member->weights[source] / total / std::max(1u, request_.shifts);
  }

  static constexpr double kStdEpsilon = 1e-8;  // as demucs.api.Separator adds

  const SeparationRequest& request_;
  const SeparationControl& control_;
  const FrameRange range_;
  const std::size_t channels_;
  const std::size_t sources_;
  const std::vector<Pass> passes_;
  core::ThreadPool pool_;
  std::optional<pcm::Track> input_;
  std::vector<std::optional<pcm::Track>> outputs_;
  std::unique_ptr<HTDemucsRunner> runner_;
  std::size_t onDevice_ = 0;
  std::string deviceFault_;
  std::vector<float> sum_;
  std::vector<float> shares_;
  std::deque<Flight> flights_;  ///< in the order in which they began
  std::vector<Flight> spare_;   ///< whose buffers serve again
  std::vector<std::unique_ptr<HTDemucsGpuRunner>> deviceRunners_;  ///< they write to flights
  std::optional<Flight> written_;
  std::optional<core::BackgroundThread> writer_;  ///< last: it reads the others
};

}  // namespace

core::Result<std::size_t> separationBytes(const HTDemucs& model, Mode mode,
                                          std::optional<double> segmentSeconds, unsigned threads) {
  STEMWRIGHT_TRY(checkSegment(segmentSeconds));
  const HTDemucsConfig& config = model.config();
  const std::size_t frames = segmentFramesOf(segmentSeconds, config);
  const auto workspace = HTDemucsRunner::plannedBytes(model, frames, mode, threads);
  if (!workspace.ok()) return workspace.error();
  // The mix and one buffer a source, twice where a segment is written while the next one is
  // computed; a sum, and the shares of its frames.
  const std::size_t segments = threads > 1 ? 2 : 1;
  const std::size_t floats =
      frames * (config.audioChannels * (segments * (config.sources.size() + 1) + 1) + 1);
  return workspace.value() + floats * sizeof(float);
}

Status separate(const SeparationRequest& request, const SeparationControl& control,
                const std::function<void(const SeparationProgress&)>& onProgress) {
  STEMWRIGHT_TRY(check(request));
  return Separation(request, control).run(onProgress);
}

}  // namespace stemwright::models
