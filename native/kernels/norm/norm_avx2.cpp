#define STEMWRIGHT_SIMD_AVX2
#include "kernels/norm/norm_impl.h"

namespace stemwright::kernels {
const NormKernels normAvx2 = avx2::kNorm;
}
