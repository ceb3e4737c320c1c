#define STEMWRIGHT_SIMD_AVX512
#include "kernels/winograd/winograd_impl.h"

namespace stemwright::kernels {
const WinogradKernels winogradAvx512 = avx512::kWinograd;
}
