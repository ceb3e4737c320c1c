#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/gemm/gemm_impl.h"

namespace stemwright::kernels {
const GemmKernels gemmScalar = scalar::kGemm;
}
