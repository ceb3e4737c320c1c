#define STEMWRIGHT_SIMD_NEON
#include "kernels/recurrent/recurrent_impl.h"

namespace stemwright::kernels {
const RecurrentKernels recurrentNeon = neon::kRecurrentKernels;
}
