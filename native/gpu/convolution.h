#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/result.h"
#include "gpu/device.h"

namespace stemwright::gpu {

/// One or two channels convolved with a long response: overlap-save in partitions of one size, so
/// many blocks at once. Keeps its input from call to call. [one thread]
/// Source: Stockham 1966; Kulp 1988.
class Convolution {
 public:
  static constexpr std::size_t kBlock = 1024;

  /// @param response channels of one length: 1 (each signal channel by itself), 2 (left by left,
  ///                 right by right) or 4 (LL, LR, RL, RR: from, to)
  /// @param channels of the signal, 1 or 2. One through a response of two gives two.
  /// @param frames   of a call; a multiple of kBlock
  /// @param slots    calls of tryProcess() in flight
  /// @return kInvalidArgument, kNoRoom, kDeviceLost
  static core::Result<std::unique_ptr<Convolution>> create(
      Device& device, std::span<const std::span<const float>> response, std::size_t channels,
      std::size_t frames, unsigned slots = 1);

  std::size_t inputs() const noexcept { return inputs_; }
  std::size_t outputs() const noexcept { return outputs_; }
  std::size_t frames() const noexcept { return frames_; }

  /// @param in  inputs() channels of frames() samples, one after the other
  /// @param out outputs() channels
  /// @return kDeviceLost; the convolution is then of no more use
  core::Status process(std::span<const float> in, std::span<float> out);
  /// One call by itself, whose caller keeps the input. Never waits.
  /// @param window per input the frames before it, as many as the response has, rounded up to
  ///               kBlock; then its own
  /// @return false, and nothing happens, when all slots are in flight
  bool tryProcess(std::span<const float> window, std::span<float> out, Program::Done done) {
    return program_->tryExecuteAsync(window, out, std::move(done));
  }
  void reset() noexcept;
  Program& program() noexcept { return *program_; }

 private:
  Convolution() = default;

  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::size_t frames_ = 0;
  std::size_t history_ = 0;    ///< frames before those of a call that it needs
  std::vector<float> window_;  ///< of process(): per input history, then the call's frames
  std::unique_ptr<Program> program_;
};

}  // namespace stemwright::gpu
