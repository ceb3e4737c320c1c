#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/aligned.h"
#include "dsp/convolution/convolver.h"
#include "rt/insert.h"
#include "rt/ramp.h"

namespace stemwright::rt {

/// Convolution reverb on a stereo strip: dry and wet sound, each at its own gain. A new response
/// is a new insert, which the chain crossfades in.
class ConvolutionInsert final : public Insert {
 public:
  /// @param convolver of two outputs, fresh, warmed up
  ConvolutionInsert(std::unique_ptr<dsp::Convolver> convolver, double rate, float dry, float wet);

  /// Linear; goes there in a straight line. [thread-safe]
  void setMix(float dry, float wet) noexcept;
  /// Else each echo would begin with the step with which its first block does.
  void beginInSound() noexcept override { input_.startAt(0); }
  void process(float* left, float* right, std::size_t frames) noexcept override;
  /// The dry sound is delayed by as much as the wet one comes late.
  std::size_t latencyFrames() const noexcept override { return convolver_->latency(); }
  /// Parts of the tail that came too late since it was made, and were left out. [thread-safe]
  std::uint64_t missedBlocks() const noexcept { return convolver_->missedBlocks() - missedBefore_; }
  /// Of parts of the tail that a device was to compute, since it was made. [thread-safe]
  dsp::TailDeviceCounts deviceCounts() const noexcept;

 private:
  void convolveFadingIn(float* left, float* right, float* const* out, std::size_t frames) noexcept;
  void delay(float* channel, float* line, std::size_t frames) noexcept;

  const std::unique_ptr<dsp::Convolver> convolver_;
  const std::uint64_t missedBefore_;  ///< in its warm-up, which is faster than real time
  const dsp::TailDeviceCounts countsBefore_;
  Ramp input_;
  Ramp dry_;
  Ramp wet_;
  core::AlignedBuffer<float> wetSound_;  ///< [2][kMostFrames]
  core::AlignedBuffer<float> line_;      ///< [2][latency], a ring
  std::size_t lineAt_ = 0;
};

}  // namespace stemwright::rt
