#define STEMWRIGHT_SIMD_SSE41
#include "kernels/norm/norm_impl.h"

namespace stemwright::kernels {
const NormKernels normSse41 = sse41::kNorm;
}
