#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "platform/backend_policy.h"

namespace stemwright::platform {

/// Seconds that work takes on one of the two processors, transfers included: the least of a few
/// runs.
using Stopwatch = std::function<double(const Workload& work, bool isOnGpu)>;

/// Finds from where on the GPU is faster, by doubling sizes and batches. Sequential work and short
/// filters are not asked about: each of their steps would wait for the device.
Calibration calibrate(const Stopwatch& stopwatch);

/// What was measured before for this machine and device, else measures and keeps it.
/// @param file text; holds one machine's and device's @param key names both, on one line
/// A file that cannot be read or written costs a measurement. [not audio-thread]
Calibration calibrationFor(const std::filesystem::path& file, const std::string& key,
                           const Stopwatch& stopwatch);

/// One line an operation: its name, size and batch, "never" where there is none.
std::string calibrationText(const Calibration& calibration);
/// @return nothing for what calibrationText() did not write
std::optional<Calibration> readCalibration(std::string_view text);

}  // namespace stemwright::platform
