// How much arithmetic a forward pass takes. Private to models/.
#pragma once

#include "models/htdemucs.h"
#include "models/htdemucs_workspace.h"

namespace stemwright::models {

/// Multiplications and additions of all convolutions, products and attention of one segment, as
/// the architecture states them: taps that meet padding included, recomputation not.
double operationsOf(const HTDemucs& model, const Dimensions& dims, Mode mode);

}  // namespace stemwright::models
