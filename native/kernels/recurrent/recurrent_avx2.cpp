#define STEMWRIGHT_SIMD_AVX2
#include "kernels/recurrent/recurrent_impl.h"

namespace stemwright::kernels {
const RecurrentKernels recurrentAvx2 = avx2::kRecurrentKernels;
}
