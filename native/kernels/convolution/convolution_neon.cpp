#define STEMWRIGHT_SIMD_NEON
#include "kernels/convolution/convolution_impl.h"

namespace stemwright::kernels {
const ConvolutionKernels convolutionNeon = neon::kConvolution;
}
