#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/norm/norm_impl.h"

namespace stemwright::kernels {
const NormKernels normScalar = scalar::kNorm;
}
