#define STEMWRIGHT_SIMD_SSE41
#include "kernels/recurrent/recurrent_impl.h"

namespace stemwright::kernels {
const RecurrentKernels recurrentSse41 = sse41::kRecurrentKernels;
}
