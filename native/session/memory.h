#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/result.h"
#include "models/htdemucs.h"

namespace stemwright::session {

/// Bytes by which the process grows, at most, when it opens this model and separates with it: the
/// packed weights, the network's workspace, the segment's buffers. Each further model of a bag adds
/// its weightBytes(). Grows with the segment.
/// @param segmentSeconds empty: the model's own
/// @return kInvalidArgument for a segment outside (0, 120] s or no threads
core::Result<std::uint64_t> memoryFor(const models::HTDemucs& model, models::Mode mode,
                                      std::optional<double> segmentSeconds, unsigned threads);

/// The longest segment whose memoryFor() stays within the budget: 1 to 120 s in tenths.
/// @return empty when not even a second does
core::Result<std::optional<double>> maximumSegmentFor(const models::HTDemucs& model,
                                                      models::Mode mode, unsigned threads,
                                                      std::uint64_t budgetBytes);

}  // namespace stemwright::session
