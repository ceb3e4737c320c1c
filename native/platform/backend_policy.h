#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>

#include "platform/hardware.h"

namespace stemwright::platform {

/// Kinds of work that could go to either processor.
enum class Operation {
  kFft,            ///< size: samples of one transform
  kMatrixProduct,  ///< size: elements of the weight
  kConvolution,    ///< size: taps of the kernel
  kSequential,     ///< recurrent steps, which wait for one another
  kFilter,         ///< biquads and short FIRs
};
inline constexpr std::size_t kOperations = 5;

std::string_view operationName(Operation operation);  ///< "fft", "matrix-product", …
std::optional<Operation> operationNamed(std::string_view name);

struct Workload {
  Operation operation = Operation::kFft;
  std::size_t size = 0;
  std::size_t batch = 1;  ///< independent ones: rows, streams, signals
};

/// From where on the GPU is faster: at least that size, or at least that batch of smaller ones.
struct Crossover {
  std::size_t size;
  std::size_t batch;
};

/// One for each Operation: measured on this machine, or the guide's before that.
using Calibration = std::array<Crossover, kOperations>;

inline constexpr std::size_t kNever = static_cast<std::size_t>(-1);

/// What Apple's machines showed: transforms over 2048 samples, products of 4 rows or more, kernels
/// of thousands of taps and batches of streams; never what is sequential or short.
inline constexpr Calibration kPriorCalibration{{
    {2049, 64},
    {kNever, 4},
    {4096, 8},
    {kNever, kNever},
    {kNever, kNever},
}};

/// Why work goes where it goes.
enum class BackendReason { kFree, kNoGpu, kDeviceLost, kHot, kLowPower, kOnBattery };

std::string_view reasonName(BackendReason reason);

/// Decides between CPU and GPU by the work's size and the machine's state. What drives work off
/// the GPU acts at once; it comes back only after a quiet while, so that it does not swing.
/// [one thread]
class BackendPolicy {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kQuiet{30};

  struct Options {
    bool hasGpu = false;
    bool useGpuOnBattery = true;
    Calibration calibration = kPriorCalibration;
  };

  explicit BackendPolicy(const Options& options) : options_(options) {}

  /// Takes effect at once, but for the battery: that with the next observe().
  void configure(const Options& options) { options_ = options; }
  void observe(const HardwareState& state, Clock::time_point now);
  /// A lost device may be tried again once it has been reported back and the quiet while is over.
  void deviceLost(Clock::time_point now);
  void deviceBack(Clock::time_point now);

  bool shouldUseGpu(const Workload& work, Clock::time_point now) const;
  /// kFree: the size decides.
  BackendReason reason(Clock::time_point now) const;

 private:
  void hold(BackendReason reason, Clock::time_point now);

  Options options_;
  bool isLost_ = false;
  BackendReason state_ = BackendReason::kFree;  ///< what the machine's state says now
  BackendReason last_ = BackendReason::kFree;   ///< what held the GPU back before that
  Clock::time_point freeSince_ = Clock::time_point::min();
};

}  // namespace stemwright::platform
