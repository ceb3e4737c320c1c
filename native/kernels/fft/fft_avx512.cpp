#define STEMWRIGHT_SIMD_AVX512
#include "kernels/fft/fft_impl.h"

namespace stemwright::kernels {
const FftKernels fftAvx512 = avx512::kFftKernels;
}
