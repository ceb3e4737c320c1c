#define STEMWRIGHT_SIMD_AVX512
#define STEMWRIGHT_SIMD_NAMESPACE avx512bf16
#define STEMWRIGHT_SOFTMAX_BF16
#include "kernels/softmax/softmax_impl.h"

namespace stemwright::kernels {
const SoftmaxKernels softmaxAvx512Bf16 = avx512bf16::kSoftmax;
}
