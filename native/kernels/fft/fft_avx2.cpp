#define STEMWRIGHT_SIMD_AVX2
#include "kernels/fft/fft_impl.h"

namespace stemwright::kernels {
const FftKernels fftAvx2 = avx2::kFftKernels;
}
