#pragma once

#include "models/htdemucs.h"
#include "models/htdemucs_config.h"
#include "models/weight_file.h"

/// What callers of the engine see of a model.
namespace stemwright::session {

using models::DType;
using models::HTDemucs;
using models::HTDemucsConfig;
using models::Mode;
using models::ModelOptions;
using models::Precision;
using models::TensorEntry;
using models::WeightFile;
using nn::NormAlgorithm;

}  // namespace stemwright::session
