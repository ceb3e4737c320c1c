#define STEMWRIGHT_SIMD_AVX512
#include "kernels/recurrent/recurrent_impl.h"

namespace stemwright::kernels {
const RecurrentKernels recurrentAvx512 = avx512::kRecurrentKernels;
}
