#define STEMWRIGHT_SIMD_AVX2
#include "kernels/convolution/convolution_impl.h"

namespace stemwright::kernels {
const ConvolutionKernels convolutionAvx2 = avx2::kConvolution;
}
