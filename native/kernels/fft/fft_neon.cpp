#define STEMWRIGHT_SIMD_NEON
#include "kernels/fft/fft_impl.h"

namespace stemwright::kernels {
const FftKernels fftNeon = neon::kFftKernels;
}
