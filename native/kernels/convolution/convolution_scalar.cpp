#define STEMWRIGHT_SIMD_SCALAR
#include "kernels/convolution/convolution_impl.h"

namespace stemwright::kernels {
const ConvolutionKernels convolutionScalar = scalar::kConvolution;
}
