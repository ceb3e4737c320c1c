#define STEMWRIGHT_SIMD_AVX2
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxAvx2 = avx2::kSoftmax;
}
