#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/elementwise/elementwise_impl.h"

namespace stemwright::kernels {
const ElementwiseKernels elementwiseScalar = scalar::kElementwise;
}
