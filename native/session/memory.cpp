#include "session/memory.h"

#include "models/segmented_separation.h"

namespace stemwright::session {
namespace {

/// What threads, files and the allocator take aside, whatever is computed.
constexpr std::uint64_t kFixedBytes = std::uint64_t{1} << 20;
constexpr std::uint64_t kThreadBytes = std::uint64_t{1} << 18;

constexpr int kStepsPerSecond = 10;

}  // namespace

core::Result<std::uint64_t> memoryFor(const models::HTDemucs& model, models::Mode mode,
                                      std::optional<double> segmentSeconds, unsigned threads) {
  const auto bytes = models::separationBytes(model, mode, segmentSeconds, threads);
  if (!bytes) return bytes.error();
  return bytes.value() + model.weightBytes() + kFixedBytes + threads * kThreadBytes;
}

core::Result<std::optional<double>> maximumSegmentFor(const models::HTDemucs& model,
                                                      models::Mode mode, unsigned threads,
                                                      std::uint64_t budgetBytes) {
  int fits = kStepsPerSecond - 1;  // tenths of a second that are known to fit, or less than asked
  int fails = static_cast<int>(models::kMostSegmentSeconds) * kStepsPerSecond + 1;
  while (fails - fits > 1) {
    const int middle = (fits + fails) / 2;
    const double seconds = static_cast<double>(middle) / kStepsPerSecond;
    const auto bytes = memoryFor(model, mode, seconds, threads);
    if (!bytes) return bytes.error();
    (bytes.value() <= budgetBytes ? fits : fails) = middle;
  }
  if (fits < kStepsPerSecond) return std::optional<double>();
  return std::optional(static_cast<double>(fits) / kStepsPerSecond);
}

}  // namespace stemwright::session
