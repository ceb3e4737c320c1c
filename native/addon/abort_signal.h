#pragma once

#include <memory>

#include "addon/arguments.h"
#include "core/cancel.h"

namespace stemwright::addon {

/// A flag that an AbortSignal raises; without a signal nothing does. [js-thread]
std::shared_ptr<core::CancelFlag> flagOf(const Argument& signal);

}  // namespace stemwright::addon
