#define STEMWRIGHT_SIMD_AVX512
#define STEMWRIGHT_SIMD_NAMESPACE avx512bf16
#include "kernels/gemm/gemm_dot_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmAvx512Bf16 = avx512bf16::kDotGemm;
}
