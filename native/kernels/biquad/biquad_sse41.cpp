#define STEMWRIGHT_SIMD_SSE41
#include "kernels/biquad/biquad_impl.h"

namespace stemwright::kernels {
const BiquadKernels biquadSse41 = sse41::kBiquad;
}
