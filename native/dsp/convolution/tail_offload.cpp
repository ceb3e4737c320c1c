#include "dsp/convolution/tail_offload.h"

#include <algorithm>
#include <utility>

namespace stemwright::dsp {

TailOffload::TailOffload(std::unique_ptr<TailDevice> device, const TailLayout& layout,
                         std::size_t inputs, std::size_t outputs, std::function<void()> wake)
    : block_(layout.block),
      blocks_(layout.partitions + 1),
      inputs_(inputs),
      outputs_(outputs),
      wake_(std::move(wake)),
      history_(inputs * blocks_ * block_),
      window_(history_.size()),
      claim_(core::MemoryOwner::kConvolution,
             2 * history_.bytes() + kFlights * outputs * block_ * sizeof(float)),
      device_(std::move(device)) {
  history_.zero();
  for (Flight& flight : flights_) flight.out = core::AlignedBuffer<float>(outputs * block_);
}

std::size_t TailOffload::bytes() const noexcept {
  return history_.bytes() + window_.bytes() + kFlights * flights_[0].out.bytes();
}

void TailOffload::push(std::size_t input, const float* block) noexcept {
  if (input == 0) latest_ = latest_ + 1 == blocks_ ? 0 : latest_ + 1;
  std::copy_n(block, block_, history_.data() + (input * blocks_ + latest_) * block_);
}

void TailOffload::fillWindow() noexcept {
  const std::size_t older = (latest_ + 1) * block_;
  const std::size_t length = blocks_ * block_;
  for (std::size_t input = 0; input < inputs_; ++input) {
    const float* const ring = history_.data() + input * length;
    float* const to = window_.data() + input * length;
    std::copy_n(ring, older, std::copy(ring + older, ring + length, to));
  }
}

/// A flight that was given up as late is free once the device has let go of it.
bool TailOffload::tryStart() noexcept {
  if (isLost_.load(std::memory_order_relaxed)) return false;
  const auto flight = std::find_if(flights_.begin(), flights_.end(), [](const Flight& one) {
    return one.state.load(std::memory_order_acquire) != State::kRunning;
  });
  if (flight != flights_.end() && start(*flight)) {
    current_ = &*flight;
    return true;
  }
  refused_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

bool TailOffload::start(Flight& flight) noexcept {
  fillWindow();
  flight.state.store(State::kRunning, std::memory_order_relaxed);
  const auto done = [this, &flight](bool isGood) {
    if (!isGood) isLost_.store(true, std::memory_order_relaxed);
    flight.state.store(isGood ? State::kGood : State::kFailed, std::memory_order_release);
    wake_();
  };
  const bool isStarted = device_->tryStart(window_.span(), flight.out.span(), done);
  if (!isStarted) flight.state.store(State::kIdle, std::memory_order_relaxed);
  return isStarted;
}

const float* TailOffload::land() noexcept {
  Flight& flight = *std::exchange(current_, nullptr);
  const State state = flight.state.load(std::memory_order_acquire);
  if (state == State::kGood) {
    computed_.fetch_add(1, std::memory_order_relaxed);
    return flight.out.data();
  }
  if (state == State::kRunning) late_.fetch_add(1, std::memory_order_relaxed);
  return nullptr;
}

TailDeviceCounts TailOffload::counts() const noexcept {
  return {computed_.load(std::memory_order_relaxed), late_.load(std::memory_order_relaxed),
          refused_.load(std::memory_order_relaxed), isLost_.load(std::memory_order_relaxed)};
}

}  // namespace stemwright::dsp
