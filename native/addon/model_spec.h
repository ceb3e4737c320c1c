#pragma once

#include <vector>

#include "addon/arguments.h"
#include "core/result.h"
#include "session/model.h"

namespace stemwright::addon {

/// 'full' or 'time-only'. [js-thread]
session::Mode readMode(const Argument& mode);

/// The tensor table of a ModelSpec. [js-thread]
std::vector<session::TensorEntry> readTensors(const Argument& tensors);

/// The constructor's arguments of a ModelSpec.
/// @return kModel when one has a value that the engine does not compute [js-thread]
core::Result<session::HTDemucsConfig> readConfig(const Argument& config);

}  // namespace stemwright::addon
