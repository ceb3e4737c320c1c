#include "dsp/convolution/tail_stage.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace stemwright::dsp {
namespace {

core::AlignedBuffer<float> zeros(std::size_t count) {
  core::AlignedBuffer<float> buffer(count);
  buffer.zero();
  return buffer;
}

std::size_t pathsTo(const ConvolutionRouting& routing, std::size_t output) {
  return static_cast<std::size_t>(
      std::count_if(routing.paths.begin(), routing.paths.end(),
                    [&](const ConvolutionPath& path) { return path.output == output; }));
}

}  // namespace

TailStage::TailStage(const TailLayout& layout, Responses responses,
                     const ConvolutionRouting& routing, TailThread thread,
                     std::unique_ptr<TailDevice> device, std::function<void()> wake,
                     const kernels::Kernels& level)
    // Sums that look ahead must be made of every block.
    : bank_(layout.block, 2 * layout.block, layout.partitions,
            device ? PartitionBank::Blocks::kInPieces : PartitionBank::Blocks::kWhole, responses,
            routing, level),
      inputs_(routing.inputs),
      outputs_(routing.outputs),
      thread_(thread),
      kernels_(&level.elementwise),
      steps_(planSteps(bank_, routing, device != nullptr)),
      input_(zeros(kInputBlocks * routing.inputs * layout.block)),
      output_(zeros(kOutputBlocks * routing.outputs * layout.block)),
      pair_(zeros(2 * layout.block)) {
  if (device == nullptr) return;
  offload_ = std::make_unique<TailOffload>(std::move(device), layout, routing.inputs,
                                           routing.outputs, std::move(wake));
}

/// Each step is due when the time gone by has earned all of its cost.
std::vector<TailStage::Step> TailStage::planSteps(const PartitionBank& bank,
                                                  const ConvolutionRouting& routing,
                                                  bool hasDevice) {
  std::vector<Step> steps;
  std::vector<double> costs;
  double total = 0;
  const auto add = [&](StepKind kind, std::size_t channel, std::size_t part, double cost) {
    steps.push_back({kind, channel, part, 0});
    costs.push_back(total += cost);
  };
  const std::size_t parts = bank.transformSteps();
  const double transform = transformCost(2 * bank.block()) / static_cast<double>(parts);
  for (std::size_t i = 0; i < routing.inputs; ++i) {
    add(StepKind::kCopy, i, 0, transform);
    for (std::size_t p = 0; p < parts; ++p) add(StepKind::kTransform, i, p, transform);
  }
  if (hasDevice) add(StepKind::kDevice, 0, 0, 0);
  for (std::size_t o = 0; o < routing.outputs; ++o) {
    const double products = static_cast<double>(pathsTo(routing, o) * bank.partitions()) *
                            productCost(bank.tileStep() * kernels::kTileBins);
    for (std::size_t t = 0; t < bank.tiles(); t += bank.tileStep()) {
      add(StepKind::kSum, o, t, products);
    }
    for (std::size_t p = 0; p < parts; ++p) add(StepKind::kFinish, o, p, transform);
  }
  for (std::size_t s = 0; s < steps.size(); ++s) {
    steps[s].due = static_cast<std::size_t>(
        std::ceil(costs[s] / total * static_cast<double>(bank.block()) - 1e-6));
  }
  return steps;
}

std::size_t TailStage::bytes() const noexcept {
  return bank_.bytes() + input_.bytes() + output_.bytes() + pair_.bytes() +
         (offload_ ? offload_->bytes() : 0);
}

void TailStage::mix(float* const* out, std::size_t offset, std::size_t position,
                    std::size_t count) const noexcept {
  if (ready_ == nullptr) return;
  for (std::size_t o = 0; o < outputs_; ++o) {
    float* to = out[o] + offset;
    kernels_->add(to, ready_ + o * block() + phase_ + position, to, count);
  }
}

bool TailStage::feed(const float* const* in, std::size_t count, std::size_t upcoming) noexcept {
  if (isFilling_) {
    for (std::size_t i = 0; i < inputs_; ++i) {
      std::copy(in[i], in[i] + count, inputBlock(filled_, i) + phase_);
    }
  }
  const bool wasEarly = phase_ < block() / 2;
  phase_ += count;
  if (isOwn_) runOwnSteps(phase_);
  const bool isOverdue = offload_ && wasEarly && phase_ >= block() / 2 && !isOwn_ && !isIdle();
  if (isOverdue) offload_->setOverdue(filled_);
  if (phase_ < block()) return isOverdue;
  phase_ = 0;
  takeOutput();
  return post(upcoming);
}

void TailStage::runOwnSteps(std::size_t due) noexcept {
  while (isOwn_ && steps_[step_].due <= due) {
    compute();
    isOwn_ = !isIdle();
  }
  // The worker looks at posted_ first, and so never sees a job where none is left.
  if (!isOwn_) posted_.store(filled_, std::memory_order_release);
}

/// The job of the block before must be done by now.
void TailStage::takeOutput() noexcept {
  ready_ = nullptr;
  if (!isPosted_) return;
  if (isIdle()) {
    ready_ = outputBlock(filled_ - 1, 0);
  } else {
    missed_.fetch_add(1, std::memory_order_relaxed);
  }
}

bool TailStage::post(std::size_t upcoming) noexcept {
  isPosted_ = isFilling_;
  if (isFilling_) {
    isOwn_ = isIdle() && (thread_ == TailThread::kInline || upcoming >= block());
    ++filled_;
    if (!isOwn_) posted_.store(filled_, std::memory_order_release);
  }
  // The next block goes where one lies that job filled_ - 3 was the last to need.
  const std::uint64_t taken = taken_.load(std::memory_order_acquire);
  const std::uint64_t wanted = isPosted_ ? std::max<std::uint64_t>(filled_, 2) - 2 : filled_;
  isFilling_ = taken >= wanted;
  if (isFilling_) restarts_[filled_ % kInputBlocks] = !isPosted_;
  return isPosted_ && !isOwn_;
}

void TailStage::compute() noexcept {
  const Step& step = steps_[step_];
  switch (step.kind) {
    case StepKind::kCopy:
      copy(step.channel);
      break;
    case StepKind::kTransform:
      bank_.pushStep(step.channel, pair_.data(), step.part);
      break;
    case StepKind::kDevice:  // not the audio thread's
      break;
    case StepKind::kSum:
      bank_.sum(step.channel, 0, step.part, step.part + bank_.tileStep());
      break;
    case StepKind::kFinish:
      bank_.finishStep(step.channel, 0, outputBlock(job_, step.channel), step.part);
      break;
  }
  if (++step_ == steps_.size()) endJob();
}

void TailStage::endJob() noexcept {
  step_ = 0;
  done_.store(++job_, std::memory_order_release);
}

/// Begins a block there, or takes what became of it; what did not become anything is computed.
void TailStage::leaveToDevice() noexcept {
  if (!offload_->isInFlight() && offload_->tryStart()) return;
  const float* const result = offload_->isInFlight() ? offload_->land() : nullptr;
  if (result == nullptr) {
    ++step_;
    return;
  }
  std::copy_n(result, outputs_ * block(), outputBlock(job_, 0));
  endJob();
}

/// Of the input and the block before, so that the audio thread may go on writing.
void TailStage::copy(std::size_t input) noexcept {
  const bool restarts = restarts_[job_ % kInputBlocks];
  if (input == 0) {
    if (restarts) bank_.reset();
    bank_.advance();
  }
  const float* before = inputBlock(job_ + kInputBlocks - 1, input);
  const float* latest = inputBlock(job_, input);
  if (restarts) {
    std::fill_n(pair_.data(), block(), 0.0f);
  } else {
    std::copy(before, before + block(), pair_.data());
  }
  std::copy(latest, latest + block(), pair_.data() + block());
  if (offload_) {
    if (input == 0 && restarts) offload_->reset();
    offload_->push(input, pair_.data() + block());
  }
  if (input + 1 == inputs_) taken_.store(job_ + 1, std::memory_order_release);
}

void TailStage::reset() noexcept {
  runOwnSteps(block());
  bank_.reset();
  if (offload_) offload_->reset();
  input_.zero();
  phase_ = 0;
  isFilling_ = true;
  isPosted_ = false;
  ready_ = nullptr;
  restarts_[filled_ % kInputBlocks] = true;
}

}  // namespace stemwright::dsp
