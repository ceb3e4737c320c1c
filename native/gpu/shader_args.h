// The argument blocks of shaders/args.h as C++ structs.
#pragma once

#include <cstdint>

#include "shaders/args.h"

namespace stemwright::gpu {

using uint = std::uint32_t;

#define STEMWRIGHT_FIELD(type, name) type name = 0;
#define STEMWRIGHT_BLOCK(Name, list) \
  struct Name {                      \
    list(STEMWRIGHT_FIELD)           \
  };

STEMWRIGHT_BLOCK(GemmArgs, GEMM_ARGS)
STEMWRIGHT_BLOCK(MomentsArgs, MOMENTS_ARGS)
STEMWRIGHT_BLOCK(MomentsMergeArgs, MOMENTS_MERGE_ARGS)
STEMWRIGHT_BLOCK(NormArgs, NORM_ARGS)
STEMWRIGHT_BLOCK(LayerNormArgs, LAYER_NORM_ARGS)
STEMWRIGHT_BLOCK(AttentionArgs, ATTENTION_ARGS)
STEMWRIGHT_BLOCK(AddArgs, ADD_ARGS)
STEMWRIGHT_BLOCK(FftArgs, FFT_ARGS)
STEMWRIGHT_BLOCK(StftArgs, STFT_ARGS)
STEMWRIGHT_BLOCK(IstftArgs, ISTFT_ARGS)
STEMWRIGHT_BLOCK(OverlapAddArgs, OVERLAP_ADD_ARGS)
STEMWRIGHT_BLOCK(ComplexMacArgs, COMPLEX_MAC_ARGS)
STEMWRIGHT_BLOCK(OverlapArgs, OVERLAP_ARGS)
STEMWRIGHT_BLOCK(RecurrentArgs, RECURRENT_ARGS)

#undef STEMWRIGHT_BLOCK
#undef STEMWRIGHT_FIELD

}  // namespace stemwright::gpu
