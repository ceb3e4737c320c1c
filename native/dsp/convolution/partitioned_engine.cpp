#include "dsp/convolution/partitioned_engine.h"

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

namespace stemwright::dsp {
namespace {

using kernels::ConvolutionKernels;

constexpr std::size_t kMostInputs = 2;
/// Taps whose products are summed before they meet a larger sum.
constexpr std::size_t kRun = 512;

/// The taps of a stage: planPartitions() makes none beyond the end of a response.
std::vector<std::span<const float>> tapsOf(const TailLayout& layout, Responses responses) {
  std::vector<std::span<const float>> taps;
  for (const std::span<const float> response : responses) {
    const std::size_t begin = 2 * layout.block;
    const std::size_t end = std::min(begin + layout.partitions * layout.block, response.size());
    taps.push_back(response.subspan(begin, end - begin));
  }
  return taps;
}

}  // namespace

PartitionedEngine::PartitionedEngine(const PartitionLayout& layout, Responses responses,
                                     const ConvolutionRouting& routing,
                                     const ConvolverOptions& options, const kernels::Kernels& level)
    : routing_(routing),
      kernels_(&level.convolution),
      head_(layout.head, 0, layout.headPartitions, PartitionBank::Blocks::kInPieces, responses,
            routing, level),
      windowStride_(core::paddedCount<float>(2 * layout.head + ConvolutionKernels::kFirSlack)),
      firstTaps_(responses.size() * layout.head),
      window_(routing.inputs * windowStride_),
      rest_(routing.outputs * layout.head),
      part_(layout.head) {
  firstTaps_.zero();
  window_.zero();
  rest_.zero();
  for (std::size_t r = 0; r < responses.size(); ++r) {
    std::copy_n(responses[r].begin(), std::min(layout.head, responses[r].size()),
                firstTaps_.data() + r * layout.head);
  }
  makeTail(layout.tail, responses, options, level);
}

void PartitionedEngine::makeTail(const std::vector<TailLayout>& layouts, Responses responses,
                                 const ConvolverOptions& options, const kernels::Kernels& level) {
  const bool isThreaded = options.tailThread == TailThread::kWorker;
  std::vector<TailStage*> stages;
  for (const TailLayout& layout : layouts) {
    std::unique_ptr<TailDevice> device;
    if (isThreaded && options.tailDevices) {
      const std::vector<std::span<const float>> taps = tapsOf(layout, responses);
      device = options.tailDevices(layout, taps, routing_);
    }
    tail_.push_back(std::make_unique<TailStage>(
        layout, responses, routing_, options.tailThread, std::move(device),
        [this] { jobs_.release(); }, level));
    stages.push_back(tail_.back().get());
  }
  if (isThreaded && !stages.empty()) {
    worker_ = std::make_unique<TailWorker>(std::move(stages), jobs_, options.onWorkerStart);
  }
}

void PartitionedEngine::process(const float* const* in, float* const* out,
                                std::size_t frames) noexcept {
  const std::size_t block = head_.block();
  for (std::size_t done = 0; done < frames;) {
    const std::size_t count = std::min(frames - done, block - position_);
    for (std::size_t i = 0; i < routing_.inputs; ++i) {
      std::copy(in[i] + done, in[i] + done + count, window(i) + block + position_);
    }
    if (count == block) {
      convolveBlock(out, done);
    } else {
      convolvePiece(out, done, count);
    }
    for (const auto& stage : tail_) stage->mix(out, done, position_, count);
    position_ += count;
    done += count;
    if (position_ == block) endBlock(frames - done);
  }
}

void PartitionedEngine::pushBlock() noexcept {
  head_.advance();
  for (std::size_t i = 0; i < routing_.inputs; ++i) head_.push(i, window(i));
}

void PartitionedEngine::convolveBlock(float* const* out, std::size_t offset) noexcept {
  pushBlock();
  for (std::size_t o = 0; o < routing_.outputs; ++o) {
    head_.sum(o, 0, 0, head_.tiles());
    head_.finish(o, 0, out[o] + offset);
  }
}

void PartitionedEngine::convolvePiece(float* const* out, std::size_t offset,
                                      std::size_t count) noexcept {
  const std::size_t block = head_.block();
  for (std::size_t o = 0; o < routing_.outputs; ++o) {
    if (position_ == 0) {
      head_.sum(o, 1, 0, head_.tiles());
      head_.finish(o, 1, rest(o));
    }
    float* to = out[o] + offset;
    std::copy(rest(o) + position_, rest(o) + position_ + count, to);
    for (const ConvolutionPath& path : routing_.paths) {
      if (path.output != o) continue;
      addFirstTaps(path, to, count);
    }
  }
  if (position_ + count == block) pushBlock();
}

/// Not all at once: single precision would lose too much in so long a sum.
void PartitionedEngine::addFirstTaps(const ConvolutionPath& path, float* to,
                                     std::size_t count) noexcept {
  const std::size_t block = head_.block();
  const float* latest = window(path.input) + block + position_;
  const float* taps = firstTaps_.data() + path.response * block;
  for (std::size_t first = 0; first < block; first += kRun) {
    std::fill_n(part_.data(), count, 0.0f);
    kernels_->fir(latest - first, taps + first, std::min(kRun, block - first), part_.data(), count);
    for (std::size_t i = 0; i < count; ++i) to[i] += part_[i];
  }
}

void PartitionedEngine::endBlock(std::size_t upcoming) noexcept {
  const std::size_t block = head_.block();
  std::array<const float*, kMostInputs> latest{};
  for (std::size_t i = 0; i < routing_.inputs; ++i) latest[i] = window(i) + block;
  bool hasNews = false;
  for (const auto& stage : tail_) hasNews |= stage->feed(latest.data(), block, upcoming);
  if (hasNews && worker_) jobs_.release();
  for (std::size_t i = 0; i < routing_.inputs; ++i) {
    std::copy(window(i) + block, window(i) + 2 * block, window(i));
  }
  position_ = 0;
}

void PartitionedEngine::settle() noexcept {
  if (!worker_) return;
  for (const auto& stage : tail_) {
    while (!stage->isSettled()) std::this_thread::yield();
  }
}

void PartitionedEngine::reset() noexcept {
  settle();
  head_.reset();
  window_.zero();
  position_ = 0;
  for (const auto& stage : tail_) stage->reset();
}

std::size_t PartitionedEngine::bytes() const noexcept {
  std::size_t sum =
      head_.bytes() + firstTaps_.bytes() + window_.bytes() + rest_.bytes() + part_.bytes();
  for (const auto& stage : tail_) sum += stage->bytes();
  return sum;
}

TailDeviceCounts PartitionedEngine::deviceCounts() const noexcept {
  TailDeviceCounts sum;
  for (const auto& stage : tail_) {
    if (stage->offload() == nullptr) continue;
    const TailDeviceCounts one = stage->offload()->counts();
    sum.computed += one.computed;
    sum.late += one.late;
    sum.refused += one.refused;
    sum.isLost |= one.isLost;
  }
  return sum;
}

std::uint64_t PartitionedEngine::missedBlocks() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& stage : tail_) sum += stage->missed();
  return sum;
}

}  // namespace stemwright::dsp
