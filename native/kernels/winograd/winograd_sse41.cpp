#define STEMWRIGHT_SIMD_SSE41
#include "kernels/winograd/winograd_impl.h"

namespace stemwright::kernels {
const WinogradKernels winogradSse41 = sse41::kWinograd;
}
