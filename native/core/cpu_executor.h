#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <semaphore>
#include <span>
#include <thread>

#include "core/aligned.h"
#include "core/async_executor.h"

namespace stemwright::core {

/// An executor whose work runs on one thread of its own.
class CpuExecutor final : public AsyncExecutor {
 public:
  /// Called on the executor's thread with buffers on cache lines.
  using Work = std::function<Status(std::span<const float> input, std::span<float> output)>;

  /// @param inputSize, outputSize floats of each execution; at most, where `isVariable`
  /// Throws std::bad_alloc, or std::system_error when the system has no more threads to give.
  CpuExecutor(std::size_t inputSize, std::size_t outputSize, Work work, bool isVariable = false);
  ~CpuExecutor() override;

  bool tryExecuteAsync(std::span<const float> input, std::span<float> output, Done done) override;

 protected:
  Status waitAndExecute(std::span<const float> input, std::span<float> output, Done done) override;

 private:
  struct Slot {
    /// Of what is in it, 1 and up in order of acceptance; 0: not filled yet.
    std::atomic<std::uint64_t> ticket{0};
    std::atomic<bool> isTaken{false};
    AlignedBuffer<float> input, output;
    std::size_t inputSize = 0;
    std::span<float> target;
    Done done;
  };

  bool fits(std::span<const float> input, std::span<float> output) const noexcept;
  bool takeSlot() noexcept;
  void fill(std::span<const float> input, std::span<float> output, Done done) noexcept;
  void run();
  void runSlot(Slot& slot);
  Slot* nextSlot(std::uint64_t ticket) noexcept;

  const std::size_t inputSize_;
  const std::size_t outputSize_;
  const bool isVariable_;
  const Work work_;
  std::array<Slot, kSlots> slots_;
  std::atomic<int> free_{kSlots};
  std::atomic<std::uint64_t> accepted_{0};
  std::counting_semaphore<> filled_{0};
  std::atomic<bool> isStopping_{false};
  std::thread thread_;
};

}  // namespace stemwright::core
