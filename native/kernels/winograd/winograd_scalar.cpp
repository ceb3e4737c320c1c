#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/winograd/winograd_impl.h"

namespace stemwright::kernels {
const WinogradKernels winogradScalar = scalar::kWinograd;
}
