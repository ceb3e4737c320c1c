#define STEMWRIGHT_SIMD_AVX512
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxAvx512 = avx512::kSoftmax;
}
