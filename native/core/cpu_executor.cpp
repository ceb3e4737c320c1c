#include "core/cpu_executor.h"

#include <algorithm>
#include <string>
#include <utility>

namespace stemwright::core {

CpuExecutor::CpuExecutor(std::size_t inputSize, std::size_t outputSize, Work work, bool isVariable)
    : inputSize_(inputSize),
      outputSize_(outputSize),
      isVariable_(isVariable),
      work_(std::move(work)) {
  for (Slot& slot : slots_) {
    slot.input = AlignedBuffer<float>(inputSize);
    slot.output = AlignedBuffer<float>(outputSize);
  }
  thread_ = std::thread([this] { run(); });
}

CpuExecutor::~CpuExecutor() {
  isStopping_.store(true);
  filled_.release();
  thread_.join();
}

bool CpuExecutor::fits(std::span<const float> input, std::span<float> output) const noexcept {
  if (isVariable_) return input.size() <= inputSize_ && output.size() <= outputSize_;
  return input.size() == inputSize_ && output.size() == outputSize_;
}

/// Counts one of the free slots off, where there is one.
bool CpuExecutor::takeSlot() noexcept {
  int free = free_.load(std::memory_order_relaxed);
  while (free > 0) {
    if (free_.compare_exchange_weak(free, free - 1, std::memory_order_acquire)) return true;
  }
  return false;
}

/// After takeSlot(): then one of the slots is free, or being freed at this moment.
void CpuExecutor::fill(std::span<const float> input, std::span<float> output, Done done) noexcept {
  Slot* slot = nullptr;
  for (std::size_t i = 0; slot == nullptr; i = (i + 1) % kSlots) {
    if (!slots_[i].isTaken.exchange(true, std::memory_order_acquire)) slot = &slots_[i];
  }
  std::copy(input.begin(), input.end(), slot->input.begin());
  slot->inputSize = input.size();
  slot->target = output;
  slot->done = std::move(done);
  slot->ticket.store(accepted_.fetch_add(1, std::memory_order_relaxed) + 1,
                     std::memory_order_release);
  filled_.release();
}

bool CpuExecutor::tryExecuteAsync(std::span<const float> input, std::span<float> output,
                                  Done done) {
  if (!fits(input, output) || !takeSlot()) return false;
  fill(input, output, std::move(done));
  return true;
}

Status CpuExecutor::waitAndExecute(std::span<const float> input, std::span<float> output,
                                   Done done) {
  if (!fits(input, output)) {
    return Error{ErrorCode::kInvalidArgument, "executor: made for " + std::to_string(inputSize_) +
                                                  " values in and " + std::to_string(outputSize_) +
                                                  " out, not " + std::to_string(input.size()) +
                                                  " and " + std::to_string(output.size())};
  }
  while (!takeSlot()) free_.wait(0);
  fill(input, output, std::move(done));
  return okStatus();
}

CpuExecutor::Slot* CpuExecutor::nextSlot(std::uint64_t ticket) noexcept {
  const auto found = std::find_if(slots_.begin(), slots_.end(), [ticket](const Slot& slot) {
    return slot.ticket.load(std::memory_order_acquire) == ticket;
  });
  return found == slots_.end() ? nullptr : &*found;
}

void CpuExecutor::runSlot(Slot& slot) {
  const std::span<float> output = slot.output.span().first(slot.target.size());
  const Status status = work_(slot.input.span().first(slot.inputSize), output);
  if (status.ok()) std::copy(output.begin(), output.end(), slot.target.begin());
  const Done done = std::exchange(slot.done, nullptr);
  slot.ticket.store(0, std::memory_order_relaxed);
  slot.isTaken.store(false, std::memory_order_release);
  free_.fetch_add(1, std::memory_order_release);
  free_.notify_one();
  if (done) done(status);
}

void CpuExecutor::run() {
  for (std::uint64_t next = 1;;) {
    filled_.acquire();
    // Two that are filled at once may come in the other order: the semaphore counts for both.
    while (Slot* const slot = nextSlot(next)) {
      runSlot(*slot);
      ++next;
    }
    if (isStopping_.load() && next == accepted_.load() + 1) return;
  }
}

}  // namespace stemwright::core
