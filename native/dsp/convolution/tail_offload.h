#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include "core/aligned.h"
#include "core/memory_usage.h"
#include "dsp/convolution/tail_device.h"

namespace stemwright::dsp {

/// What a tail stage has on a device: the input that blocks need, and what is in flight. Each block
/// brings all of its input, so that one that was refused or came late costs the next one nothing.
/// Belongs to whoever does the stage's job, unless told otherwise.
class TailOffload {
 public:
  /// @param wake called when the device has answered, on a thread of its own
  TailOffload(std::unique_ptr<TailDevice> device, const TailLayout& layout, std::size_t inputs,
              std::size_t outputs, std::function<void()> wake);

  std::size_t bytes() const noexcept;

  /// The next block of an input. [no allocation]
  void push(std::size_t input, const float* block) noexcept;
  /// Forgets all input. [no allocation]
  void reset() noexcept { history_.zero(); }

  /// Begins the block that was pushed last. @return whether it is in flight [worker]
  bool tryStart() noexcept;
  bool isInFlight() const noexcept { return current_ != nullptr; }
  /// Whether the device may still take its time for this job. [worker]
  bool mayWait(std::uint64_t job) const noexcept {
    return current_ != nullptr &&
           current_->state.load(std::memory_order_acquire) == State::kRunning &&
           overdue_.load(std::memory_order_relaxed) <= job;
  }
  /// Ends the flight. @return a block for each output; null: it is late or lost [worker]
  const float* land() noexcept;

  /// Half of the time of all jobs below `end` is up. [audio-thread]
  void setOverdue(std::uint64_t end) noexcept { overdue_.store(end, std::memory_order_relaxed); }
  /// [thread-safe]
  TailDeviceCounts counts() const noexcept;

 private:
  enum class State { kIdle, kRunning, kGood, kFailed };
  struct Flight {
    core::AlignedBuffer<float> out;
    std::atomic<State> state{State::kIdle};
  };
  static constexpr std::size_t kFlights = 3;

  bool start(Flight& flight) noexcept;
  void fillWindow() noexcept;

  const std::size_t block_;
  const std::size_t blocks_;  ///< of a window
  const std::size_t inputs_;
  const std::size_t outputs_;
  const std::function<void()> wake_;
  core::AlignedBuffer<float> history_;  ///< per input a ring of blocks
  core::AlignedBuffer<float> window_;
  std::size_t latest_ = 0;  ///< where the newest block lies in the ring
  std::array<Flight, kFlights> flights_;
  core::MemoryClaim claim_;
  Flight* current_ = nullptr;
  std::atomic<std::uint64_t> overdue_{0};
  std::atomic<std::uint64_t> computed_{0}, late_{0}, refused_{0};
  std::atomic<bool> isLost_{false};
  std::unique_ptr<TailDevice> device_;  ///< the first to go: it writes into flights
};

}  // namespace stemwright::dsp
