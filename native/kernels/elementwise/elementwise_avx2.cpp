#define STEMWRIGHT_SIMD_AVX2
#include "kernels/elementwise/elementwise_impl.h"

namespace stemwright::kernels {
const ElementwiseKernels elementwiseAvx2 = avx2::kElementwise;
}
