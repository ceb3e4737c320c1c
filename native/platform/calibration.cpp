#include "platform/calibration.h"

#include <algorithm>

namespace stemwright::platform {
namespace {

constexpr std::size_t kSmallest = 256;
constexpr std::size_t kMostBatch = 256;

/// The first of `from`, 2 from, … from which on the GPU is faster throughout; kNever when it is
/// not at the last.
template <typename WorkAt>
core::Result<std::size_t> crossover(std::size_t from, std::size_t to, const Stopwatch& stopwatch,
                                    WorkAt workAt) {
  std::size_t found = kNever;
  for (std::size_t at = to; at >= from; at /= 2) {
    const Workload work = workAt(at);
    const auto onGpu = stopwatch(work, true);
    STEMWRIGHT_TRY(onGpu);
    const auto onCpu = stopwatch(work, false);
    STEMWRIGHT_TRY(onCpu);
    if (onGpu.value() >= onCpu.value()) break;
    found = at;
  }
  return found;
}

}  // namespace

std::size_t largestSize(Operation operation) {
  switch (operation) {
    case Operation::kFft:
      return std::size_t{1} << 15;
    case Operation::kMatrixProduct:
      return std::size_t{1} << 22;
    case Operation::kConvolution:
      return std::size_t{1} << 18;
    case Operation::kSequential:
    case Operation::kFilter:
      break;
  }
  return 0;
}

core::Result<Calibration> calibrate(const Stopwatch& stopwatch) {
  Calibration calibration = kPriorCalibration;
  for (const Operation operation :
       {Operation::kFft, Operation::kMatrixProduct, Operation::kConvolution}) {
    const auto size = crossover(kSmallest, largestSize(operation), stopwatch, [&](std::size_t at) {
      return Workload{operation, at, 1};
    });
    STEMWRIGHT_TRY(size);
    // Batches of what one alone is too small for.
    const std::size_t small =
        size.value() == kNever ? 4 * kSmallest : std::max(kSmallest, size.value() / 4);
    const auto batch = crossover(2, kMostBatch, stopwatch, [&](std::size_t at) {
      return Workload{operation, small, at};
    });
    STEMWRIGHT_TRY(batch);
    calibration[static_cast<std::size_t>(operation)] = {size.value(), batch.value()};
  }
  return calibration;
}

}  // namespace stemwright::platform
