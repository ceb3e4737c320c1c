#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "core/result.h"
#include "dsp/convolution/layout.h"
#include "dsp/convolution/partition_bank.h"
#include "dsp/convolution/tail_device.h"
#include "dsp/convolution/tail_stage.h"
#include "kernels/dispatch.h"

namespace stemwright::dsp {

struct ConvolverOptions {
  ConvolutionMode mode = ConvolutionMode::kPartitioned;
  /// Of the signal, 1 or 2. One channel through a response of two gives two.
  std::size_t channels = 2;
  /// kPartitioned: frames that process() is usually given, for which it is then fastest; any other
  /// number works. kUniform: the partition size. A power of two, kSmallestBlock to kLargestBlock.
  std::size_t blockSize = 128;
  /// What kAuto goes by; 0 for a stream.
  std::size_t inputFrames = 0;
  ConvolutionRule rule = {};  ///< measuredRule() for this machine's own
  /// Who computes the tail of kPartitioned. With kWorker, process() must be called at the pace of
  /// real time: what is not ready is left out and counted. Inline is never late.
  TailThread tailThread = TailThread::kInline;
  /// Called first on the worker's thread: real-time priority, denormals.
  std::function<void()> onWorkerStart;
  /// With kWorker: where the tail's sums are computed; empty: by the worker.
  TailDevices tailDevices;
};

/// One way of computing a convolution; see Convolver for the contract.
class ConvolutionEngine {
 public:
  virtual ~ConvolutionEngine() = default;
  virtual void process(const float* const* in, float* const* out, std::size_t frames) noexcept = 0;
  virtual void settle() noexcept {}
  virtual void reset() noexcept = 0;
  virtual std::size_t latency() const noexcept { return 0; }
  virtual std::size_t bytes() const noexcept = 0;
  virtual std::uint64_t missedBlocks() const noexcept { return 0; }
  virtual TailDeviceCounts deviceCounts() const noexcept { return {}; }
};

/// Convolves a stream of one or two channels with an impulse response of 1 channel (each signal
/// channel by itself), 2 (left by left, right by right), or 4 (LL, LR, RL, RR: from, to).
/// Only the wet sound; whoever mixes delays the dry one by latency().
/// All modes agree within -120 dB of the exact sum.
class Convolver {
 public:
  /// Builds and transforms everything: takes milliseconds per second of response. [not
  /// audio-thread]
  /// @param response channels of one length; finite, at least one sample
  /// @return kInvalidArgument, or kNoRoom when the worker gets no thread; throws std::bad_alloc
  static core::Result<std::unique_ptr<Convolver>> create(
      Responses response, const ConvolverOptions& options,
      const kernels::Kernels& level = kernels::kernels());

  std::size_t inputs() const noexcept { return routing_.inputs; }
  std::size_t outputs() const noexcept { return routing_.outputs; }
  /// What kAuto became, else what was asked for.
  ConvolutionMode mode() const noexcept { return mode_; }
  /// Frames by which the output comes late; 0 for kDirect and kPartitioned.
  std::size_t latency() const noexcept { return engine_->latency(); }
  /// Frames for which sound goes on after the input has ended, latency apart.
  std::size_t tailFrames() const noexcept { return taps_ - 1; }
  std::size_t bytes() const noexcept { return engine_->bytes(); }

  /// @param in  inputs() channels of `frames` samples, finite
  /// @param out outputs() channels; may be the same memory as in
  /// Any number of frames, changing at will. [audio-thread: no allocation, no lock, no wait]
  void process(const float* const* in, float* const* out, std::size_t frames) noexcept {
    engine_->process(in, out, frames);
  }

  /// Runs silence through every part, so that the first block that is heard meets warm caches and
  /// mapped pages, then forgets it. Before the first process(). [not audio-thread]
  void warmUp();
  /// Forgets all input. Not during process(). [not audio-thread: waits for the worker]
  void reset() noexcept { engine_->reset(); }
  /// Waits until the worker has done all that it was given: for rendering faster than real time
  /// with kWorker. Not during process(). [not audio-thread]
  void settle() noexcept { engine_->settle(); }
  /// Blocks of tail that came too late and were left out. [thread-safe]
  std::uint64_t missedBlocks() const noexcept { return engine_->missedBlocks(); }
  /// Of blocks that tailDevices were to compute. [thread-safe]
  TailDeviceCounts deviceCounts() const noexcept { return engine_->deviceCounts(); }

 private:
  Convolver(ConvolutionMode mode, ConvolutionRouting routing, std::size_t taps)
      : mode_(mode), routing_(std::move(routing)), taps_(taps) {}

  const ConvolutionMode mode_;
  const ConvolutionRouting routing_;
  const std::size_t taps_;
  std::unique_ptr<ConvolutionEngine> engine_;
};

}  // namespace stemwright::dsp
