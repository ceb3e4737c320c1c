#pragma once

#include "gpu/device.h"

namespace stemwright::gpu {

/// Whether a shader of products, with tiles of 64 x 64, computes a small one as exactly as floats
/// do. On matrix units that hangs on what a driver makes of the halves a float is split into.
/// @return false too where it does not run
bool keepsFloat(Device& device, const Shader& shader);
/// The same of a shader of attention, of heads of 64 channels.
bool attentionKeepsFloat(Device& device, const Shader& shader);

}  // namespace stemwright::gpu
