#define STEMWRIGHT_SIMD_AVX2
#include "kernels/gemm/gemm_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmAvx2 = avx2::kGemm;
}
