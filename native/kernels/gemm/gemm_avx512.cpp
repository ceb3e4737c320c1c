#define STEMWRIGHT_SIMD_AVX512
#include "kernels/gemm/gemm_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmAvx512 = avx512::kGemm;
}
