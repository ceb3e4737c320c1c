#define STEMWRIGHT_SIMD_NEON
#include "kernels/norm/norm_impl.h"

namespace stemwright::kernels {
const NormKernels normNeon = neon::kNorm;
}
