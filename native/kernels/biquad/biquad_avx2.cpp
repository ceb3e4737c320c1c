#define STEMWRIGHT_SIMD_AVX2
#include "kernels/biquad/biquad_impl.h"

namespace stemwright::kernels {
const BiquadKernels biquadAvx2 = avx2::kBiquad;
}
