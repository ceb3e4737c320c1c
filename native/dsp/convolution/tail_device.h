#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "dsp/convolution/layout.h"
#include "dsp/convolution/partition_bank.h"

namespace stemwright::dsp {

/// Another processor that computes blocks of one tail stage. [worker]
class TailDevice {
 public:
  /// Called once, on any thread. @param isGood else the block has to be computed elsewhere, and so
  /// have all that follow
  using Done = std::function<void(bool isGood)>;

  virtual ~TailDevice() = default;  ///< waits for what is in flight

  /// Never waits.
  /// @param window per input the latest blocks, one more than there are partitions, oldest first
  /// @param out    per output one block; must stay until `done`
  /// @return false, and nothing happens, when too much is in flight
  virtual bool tryStart(std::span<const float> window, std::span<float> out, Done done) = 0;
};

/// Makes the device of a stage. @param taps of each response, those of the stage
/// @return null where the CPU is to compute it
using TailDevices = std::function<std::unique_ptr<TailDevice>(
    const TailLayout& layout, Responses taps, const ConvolutionRouting& routing)>;

/// What became of the blocks that a device was to compute.
struct TailDeviceCounts {
  std::uint64_t computed = 0;  ///< heard as it computed them
  std::uint64_t late = 0;      ///< computed by the worker, as half of their time was up
  std::uint64_t refused = 0;   ///< computed by the worker, as too much was in flight
  bool isLost = false;         ///< it has failed: the worker computes everything
};

}  // namespace stemwright::dsp
