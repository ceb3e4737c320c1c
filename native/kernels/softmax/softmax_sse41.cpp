#define STEMWRIGHT_SIMD_SSE41
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxSse41 = sse41::kSoftmax;
}
