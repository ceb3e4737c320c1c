#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/fft/fft_impl.h"

namespace stemwright::kernels {
const FftKernels fftScalar = scalar::kFftKernels;
}
