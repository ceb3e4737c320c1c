#define STEMWRIGHT_SIMD_NEON
#include "kernels/winograd/winograd_impl.h"

namespace stemwright::kernels {
const WinogradKernels winogradNeon = neon::kWinograd;
}
