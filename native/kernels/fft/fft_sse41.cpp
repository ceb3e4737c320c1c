#define STEMWRIGHT_SIMD_SSE41
#include "kernels/fft/fft_impl.h"

namespace stemwright::kernels {
const FftKernels fftSse41 = sse41::kFftKernels;
}
