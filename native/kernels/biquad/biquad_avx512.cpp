#define STEMWRIGHT_SIMD_AVX512
#include "kernels/biquad/biquad_impl.h"

namespace stemwright::kernels {
const BiquadKernels biquadAvx512 = avx512::kBiquad;
}
