#define STEMWRIGHT_SIMD_NEON
#define STEMWRIGHT_SIMD_NAMESPACE neonbf16
#define STEMWRIGHT_SOFTMAX_BF16
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxNeonBf16 = neonbf16::kSoftmax;
}
