#pragma once

#include "kernels/dispatch.h"

namespace stemwright::nn {

// What whoever builds models from these layers needs to know of the kernels beneath.
using kernels::Activation;
using kernels::Kernels;
using kernels::kernels;
using kernels::Moments;

}  // namespace stemwright::nn
