#define STEMWRIGHT_SIMD_AVX512
#include "kernels/convolution/convolution_impl.h"

namespace stemwright::kernels {
const ConvolutionKernels convolutionAvx512 = avx512::kConvolution;
}
