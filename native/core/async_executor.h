#pragma once

#include <functional>
#include <span>

#include "core/audio_thread.h"
#include "core/result.h"

namespace stemwright::core {

/// Work of one kind that goes on beside its caller, on the processor or on a graphics device. Up to
/// kSlots executions are in flight, each with buffers of its own (triple buffering); they run one
/// after another and end in the order in which they were accepted. [thread-safe]
/// On a device (gpu::Program) submitting takes a lock: it refuses the audio thread.
class AsyncExecutor {
 public:
  static constexpr unsigned kSlots = 3;
  /// Called once on another thread, after `output` has been filled. Must not throw, and must not
  /// destroy the executor. What it captures is best a pointer: then nothing allocates.
  using Done = std::function<void(Status)>;

  virtual ~AsyncExecutor() = default;  ///< waits for what is in flight

  /// Copies the input and returns. Never waits for a slot; on the processor (CpuExecutor) it
  /// neither locks nor allocates. [audio-thread]
  /// @param input, output of the sizes it was made for; output must stay until `done`
  /// @return false, and nothing happens, when all slots are in flight, a size is wrong, or the
  ///         executor refuses this thread
  virtual bool tryExecuteAsync(std::span<const float> input, std::span<float> output,
                               Done done) = 0;

  /// The same, waiting for a slot.
  /// @return kInvalidArgument on the audio thread, which must not wait, or for a wrong size;
  ///         nothing happens then, and `done` is not called
  Status executeAsync(std::span<const float> input, std::span<float> output, Done done) {
    if (isAudioThread()) {
      return Error{ErrorCode::kInvalidArgument,
                   "executeAsync waits, and the audio thread must not: use tryExecuteAsync"};
    }
    return waitAndExecute(input, output, std::move(done));
  }

 protected:
  virtual Status waitAndExecute(std::span<const float> input, std::span<float> output,
                                Done done) = 0;
};

}  // namespace stemwright::core
