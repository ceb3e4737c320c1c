#define STEMWRIGHT_SIMD_SSE41
#include "kernels/elementwise/elementwise_impl.h"

namespace stemwright::kernels {
const ElementwiseKernels elementwiseSse41 = sse41::kElementwise;
}
