#define STEMWRIGHT_SIMD_NEON
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxNeon = neon::kSoftmax;
}
