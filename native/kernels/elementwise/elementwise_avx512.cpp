#define STEMWRIGHT_SIMD_AVX512
#include "kernels/elementwise/elementwise_impl.h"

namespace stemwright::kernels {
const ElementwiseKernels elementwiseAvx512 = avx512::kElementwise;
}
