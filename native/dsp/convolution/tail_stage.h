#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/aligned.h"
#include "dsp/convolution/layout.h"
#include "dsp/convolution/partition_bank.h"
#include "dsp/convolution/tail_offload.h"

namespace stemwright::dsp {

/// Who computes the tail of a partitioned convolution.
enum class TailThread {
  kInline,  ///< the audio thread, a little with each block
  kWorker,  ///< a thread of the convolver's own
};

/// Partitions of one size whose work on a block, a job, may take until the next block is complete.
/// The audio thread gives input and takes output. Jobs are done by one other thread, or by the
/// audio thread itself in steps that are due as time goes by. Neither side locks or waits.
/// With a device the other thread leaves it the sums and transforms back of a block, until half of
/// the block's time is up.
class TailStage {
 public:
  /// @param device may be null; only of kWorker @param wake tells the worker that it has answered
  TailStage(const TailLayout& layout, Responses responses, const ConvolutionRouting& routing,
            TailThread thread, std::unique_ptr<TailDevice> device, std::function<void()> wake,
            const kernels::Kernels& level);

  std::size_t block() const noexcept { return bank_.block(); }
  std::size_t bytes() const noexcept;

  /// Adds output to out[.][offset .. offset + count). @param position samples since the last feed()
  /// [audio-thread]
  void mix(float* const* out, std::size_t offset, std::size_t position,
           std::size_t count) const noexcept;
  /// Takes the next `count` samples of each input; they end no later than the block does.
  /// @param upcoming samples that follow at once: a job that has to be done before they end is not
  ///   left to the worker
  /// @return whether there is something new for the worker to do [audio-thread]
  bool feed(const float* const* in, std::size_t count, std::size_t upcoming) noexcept;
  /// Blocks of output that were not ready in time and were left out. [thread-safe]
  std::uint64_t missed() const noexcept { return missed_.load(std::memory_order_relaxed); }

  /// Null without a device.
  const TailOffload* offload() const noexcept { return offload_.get(); }

  /// Whether runStep() has something to do. [worker]
  bool hasStep() const noexcept {
    const std::uint64_t posted = posted_.load(std::memory_order_acquire);
    return done_.load(std::memory_order_acquire) < posted && !(offload_ && offload_->mayWait(job_));
  }
  /// One step of the job that is waiting. [worker]
  void runStep() noexcept {
    if (steps_[step_].kind == StepKind::kDevice) {
      leaveToDevice();
    } else {
      compute();
    }
  }

  /// Whether all that was left to the worker is done. [audio-thread]
  bool isSettled() const noexcept { return isOwn_ || isIdle(); }
  /// Forgets all input. Only when settled. [audio-thread]
  void reset() noexcept;

 private:
  enum class StepKind { kCopy, kTransform, kDevice, kSum, kFinish };
  struct Step {
    StepKind kind;
    std::size_t channel;
    std::size_t part;  ///< of a transform; the first tile of a sum
    std::size_t due;   ///< samples after the job was posted
  };
  static constexpr std::size_t kInputBlocks = 4;  ///< a power of two
  static constexpr std::size_t kOutputBlocks = 2;

  static std::vector<Step> planSteps(const PartitionBank& bank, const ConvolutionRouting& routing,
                                     bool hasDevice);
  float* inputBlock(std::uint64_t job, std::size_t input) noexcept {
    return input_.data() + ((job % kInputBlocks) * inputs_ + input) * block();
  }
  float* outputBlock(std::uint64_t job, std::size_t output) noexcept {
    return output_.data() + ((job % kOutputBlocks) * outputs_ + output) * block();
  }
  bool isIdle() const noexcept { return done_.load(std::memory_order_acquire) == filled_; }
  void runOwnSteps(std::size_t due) noexcept;
  void takeOutput() noexcept;
  bool post(std::size_t upcoming) noexcept;
  void compute() noexcept;
  void leaveToDevice() noexcept;
  void copy(std::size_t input) noexcept;
  void endJob() noexcept;

  PartitionBank bank_;
  const std::size_t inputs_;
  const std::size_t outputs_;
  const TailThread thread_;
  const kernels::ElementwiseKernels* kernels_;
  const std::vector<Step> steps_;
  core::AlignedBuffer<float> input_, output_, pair_;

  // The audio thread's.
  std::size_t phase_ = 0;     ///< samples of the block that is coming in
  std::uint64_t filled_ = 0;  ///< blocks taken, hence jobs; the number of the next
  bool isFilling_ = true;     ///< false while the worker is too far behind to take a block
  bool isPosted_ = false;     ///< whether the last complete block became a job
  bool isOwn_ = false;        ///< whether the current job is the audio thread's
  const float* ready_ = nullptr;
  std::atomic<std::uint64_t> missed_{0};

  // Handed over.
  bool restarts_[kInputBlocks] = {};  ///< per block: what came before it was lost
  alignas(64) std::atomic<std::uint64_t> posted_{0};
  alignas(64) std::atomic<std::uint64_t> taken_{0};  ///< jobs whose input is no longer needed
  std::atomic<std::uint64_t> done_{0};

  // Of whoever does the job.
  std::uint64_t job_ = 0;
  std::size_t step_ = 0;
  std::unique_ptr<TailOffload> offload_;
};

}  // namespace stemwright::dsp
