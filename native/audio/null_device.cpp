#include "audio/null_device.h"

#include <chrono>
#include <cmath>
#include <system_error>

#include "audio/thread_priority.h"

namespace stemwright::audio {
namespace {

using core::Error;
using core::ErrorCode;
using Clock = std::chrono::steady_clock;

constexpr double kRate = 48000;
constexpr std::size_t kFrames = 256;
constexpr std::size_t kMostFrames = 8192;

}  // namespace

core::Result<std::unique_ptr<Device>> NullDevice::open(const DeviceRequest& request,
                                                       Renderer& renderer, Sink* sink) {
  const double rate = request.rate == 0 ? kRate : request.rate;
  const std::size_t frames = request.frames == 0 ? kFrames : request.frames;
  if (!(rate >= 8000 && rate <= 768000) || frames > kMostFrames) {
    return Error{ErrorCode::kInvalidArgument, "no device runs at this rate or block size"};
  }
  return std::unique_ptr<Device>(new NullDevice(rate, frames, renderer, sink));
}

NullDevice::NullDevice(double rate, std::size_t frames, Renderer& renderer, Sink* sink)
    : rate_(rate), frames_(frames), renderer_(renderer), sink_(sink), output_(2 * frames) {}

NullDevice::~NullDevice() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
}

DeviceState NullDevice::state() const {
  return {.xruns = xruns_, .outputLatencySeconds = 0, .isRunning = true};
}

core::Status NullDevice::start() {
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error& error) {
    return Error{ErrorCode::kNoRoom, std::string("no thread for sound: ") + error.what()};
  }
  return {};
}

void NullDevice::run() noexcept {
  raiseThreadPriority(ThreadRole::kDevice);
  const std::chrono::duration<double> block(static_cast<double>(frames_) / rate_);
  Clock::time_point due = Clock::now();
  float* const output[] = {output_.data(), output_.data() + frames_};
  while (!stopping_.load(std::memory_order_relaxed)) {
    renderer_.render(nullptr, 0, output, 2, frames_);
    if (sink_ != nullptr) sink_->take(output, frames_);
    // What is rounded off is far less than two clocks differ by.
    due += std::chrono::round<Clock::duration>(block / pace_.load(std::memory_order_relaxed));
    if (Clock::now() - due > block) {
      xruns_.fetch_add(1, std::memory_order_relaxed);
      due = Clock::now();
    }
    std::this_thread::sleep_until(due);
  }
}

}  // namespace stemwright::audio
