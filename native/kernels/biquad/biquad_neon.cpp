#define STEMWRIGHT_SIMD_NEON
#include "kernels/biquad/biquad_impl.h"

namespace stemwright::kernels {
const BiquadKernels biquadNeon = neon::kBiquad;
}
