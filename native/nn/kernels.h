#pragma once

#include "kernels/dispatch.h"

namespace stemwright::nn {

// What whoever builds models from these layers needs to know of the kernels beneath.
using kernels::Activation;
using kernels::bf16Kernels;
using kernels::Kernels;
using kernels::kernels;
using kernels::Moments;
using kernels::NormAlgorithm;

}  // namespace stemwright::nn
