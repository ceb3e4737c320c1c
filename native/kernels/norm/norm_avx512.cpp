#define STEMWRIGHT_SIMD_AVX512
#include "kernels/norm/norm_impl.h"

namespace stemwright::kernels {
const NormKernels normAvx512 = avx512::kNorm;
}
