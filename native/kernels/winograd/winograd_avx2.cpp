#define STEMWRIGHT_SIMD_AVX2
#include "kernels/winograd/winograd_impl.h"

namespace stemwright::kernels {
const WinogradKernels winogradAvx2 = avx2::kWinograd;
}
