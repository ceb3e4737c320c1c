#pragma once

#include "core/buffer_pool.h"
#include "core/cpu_executor.h"
#include "core/half.h"
#include "dsp/biquad.h"
#include "dsp/convolution/convolver.h"
#include "dsp/fft.h"
#include "dsp/filter_bank.h"
#include "dsp/overlap_add.h"
#include "dsp/stft.h"
#include "dsp/window.h"
#include "nn/compiled_network.h"
#include "nn/dynamic_conv.h"
#include "nn/linear.h"
#include "nn/norm.h"
#include "nn/sequential.h"

/// The engine's parts as callers of the engine see them, each on its own.
namespace stemwright::session {

namespace dsp = stemwright::dsp;
namespace nn = stemwright::nn;

}  // namespace stemwright::session
