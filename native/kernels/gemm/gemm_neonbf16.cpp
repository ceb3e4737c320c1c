#define STEMWRIGHT_SIMD_NEON
#define STEMWRIGHT_SIMD_NAMESPACE neonbf16
#include "kernels/gemm/gemm_dot_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmNeonBf16 = neonbf16::kDotGemm;
}
