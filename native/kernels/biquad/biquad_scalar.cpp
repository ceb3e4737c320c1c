#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/biquad/biquad_impl.h"

namespace stemwright::kernels {
const BiquadKernels biquadScalar = scalar::kBiquad;
}
