#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/result.h"

/// Sound devices behind one interface.
namespace stemwright::audio {

/// What a device's thread calls for each block.
class Renderer {
 public:
  virtual ~Renderer() = default;
  /// @param input  [inputs][frames], or null when there are none
  /// @param output [outputs][frames], to be written in full
  /// [audio-thread] allocates nothing, locks nothing, never waits
  virtual void render(const float* const* input, std::size_t inputs, float* const* output,
                      std::size_t outputs, std::size_t frames) noexcept = 0;
};

struct DeviceInfo {
  std::string id;    ///< for DeviceRequest, the same as long as the machine is set up the same
  std::string name;  ///< as a person would say it
  std::string system = {};  ///< "JACK", "ALSA", "Core Audio", …
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  double rate = 0;  ///< that it runs at, or prefers
  bool isDefault = false;
};

struct DeviceRequest {
  std::string id = {};     ///< of a device; empty: the default one
  double rate = 0;         ///< 0: the device's own
  std::size_t frames = 0;  ///< a block; 0: as the device likes it
  std::size_t inputs = 0;  ///< 0 to 2; fewer where the device has fewer
};

/// Blocks that a device dropped or repeated, and how far sound lags behind.
struct DeviceState {
  std::uint64_t xruns = 0;
  double inputLatencySeconds = 0;
  double outputLatencySeconds = 0;
  bool isRunning = false;  ///< false after the device went away, or has called nothing for 2 s
};

/// A running device; its destructor stops it, and the renderer is not called after.
class Device {
 public:
  virtual ~Device() = default;
  virtual const std::string& name() const = 0;  ///< as a person would say it
  virtual double rate() const = 0;
  /// Of a block, as far as the device keeps to one; 0 when it does not.
  virtual std::size_t frames() const = 0;
  virtual std::size_t inputs() const = 0;
  virtual std::size_t outputs() const = 0;
  virtual DeviceState state() const = 0;  ///< [thread-safe]
  /// Calls the renderer from now on.
  virtual core::Status start() = 0;
};

/// What can play, as it is plugged in now; while a device is open, as it was when it was opened.
/// @return kOutput when there is no PortAudio [worker]
core::Result<std::vector<DeviceInfo>> devices();

/// Opens a sound card through PortAudio, and starts nothing yet. A rate that the device does not
/// run at becomes its own.
/// @return kOutput, naming the device, when it is not there or cannot be had [worker]
core::Result<std::unique_ptr<Device>> openDevice(const DeviceRequest& request, Renderer& renderer);

}  // namespace stemwright::audio
