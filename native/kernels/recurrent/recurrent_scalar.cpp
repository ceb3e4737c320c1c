#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/recurrent/recurrent_impl.h"

namespace stemwright::kernels {
const RecurrentKernels recurrentScalar = scalar::kRecurrentKernels;
}
