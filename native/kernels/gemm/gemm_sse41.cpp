#define STEMWRIGHT_SIMD_SSE41
#include "kernels/gemm/gemm_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmSse41 = sse41::kGemm;
}
