#define STEMWRIGHT_SIMD_NEON
#include "kernels/elementwise/elementwise_impl.h"

namespace stemwright::kernels {
const ElementwiseKernels elementwiseNeon = neon::kElementwise;
}
