#define STEMWRIGHT_SIMD_NEON
#include "kernels/gemm/gemm_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmNeon = neon::kGemm;
}
