#define STEMWRIGHT_SIMD_SSE41
#include "kernels/convolution/convolution_impl.h"

namespace stemwright::kernels {
const ConvolutionKernels convolutionSse41 = sse41::kConvolution;
}
