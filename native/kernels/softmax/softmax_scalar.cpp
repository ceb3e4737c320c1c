#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxScalar = scalar::kSoftmax;
}
