#pragma once

#include <algorithm>
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "audio/device.h"

namespace stemwright::audio {

/// What a device without a sound card does with its output. [audio-thread]
class Sink {
 public:
  virtual ~Sink() = default;
  /// @param output [2][frames]
  virtual void take(const float* const* output, std::size_t frames) noexcept = 0;
};

/// A stereo device that only keeps time: a thread of its own renders a block each time one is due.
/// A thread that was held up for more than a block drops that time and counts it as an xrun.
/// Its output may be played by another clock, which it then follows by its pace.
class NullDevice final : public Device {
 public:
  /// @param request rate 0 is 48000 Hz, frames 0 is 256
  /// @param sink    gets what was rendered; may be null
  static core::Result<std::unique_ptr<Device>> open(const DeviceRequest& request,
                                                    Renderer& renderer, Sink* sink);
  ~NullDevice() override;

  const std::string& name() const override { return name_; }
  double rate() const override { return rate_; }
  std::size_t frames() const override { return frames_; }
  std::size_t inputs() const override { return 0; }
  std::size_t outputs() const override { return 2; }
  DeviceState state() const override;
  core::Status start() override;
  /// How many times as fast as its rate says it renders from now on, 0.5 to 2. [thread-safe]
  void setPace(double pace) noexcept { pace_ = std::clamp(pace, 0.5, 2.0); }

 private:
  NullDevice(double rate, std::size_t frames, Renderer& renderer, Sink* sink);
  void run() noexcept;

  const std::string name_ = "No sound device";
  const double rate_;
  const std::size_t frames_;
  Renderer& renderer_;
  Sink* const sink_;
  std::vector<float> output_;
  std::atomic<double> pace_{1};
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> xruns_{0};
  std::thread thread_;
};

}  // namespace stemwright::audio
