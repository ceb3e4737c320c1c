#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "kernels/biquad/biquad.h"
#include "kernels/convolution/convolution.h"
#include "kernels/elementwise/elementwise.h"
#include "kernels/fft/fft.h"
#include "kernels/gemm/gemm.h"
#include "kernels/norm/norm.h"
#include "kernels/recurrent/recurrent.h"
#include "kernels/softmax/softmax.h"
#include "kernels/winograd/winograd.h"

namespace stemwright::kernels {

/// Instruction-set levels, slowest first. Scalar is the reference.
enum class Isa { kScalar, kSse41, kAvx2, kAvx512, kNeon };

/// Name as `STEMWRIGHT_ISA` spells it: "scalar", "sse41", "avx2", "avx512", "neon".
std::string_view isaName(Isa isa);
std::optional<Isa> isaFromName(std::string_view name);

/// All kernels of one level.
struct Kernels {
  Isa isa;
  const GemmKernels& gemm;
  const GemmKernels& weightGemm;  ///< of models, which may be computed in bf16
  const ElementwiseKernels& elementwise;
  const NormKernels& norm;
  const FftKernels& fft;
  const RecurrentKernels& recurrent;
  const ConvolutionKernels& convolution;
  const BiquadKernels& biquad;
  const WinogradKernels& winograd;
  const SoftmaxKernels& softmax;                      ///< in bf16 where weightGemm is
  NormAlgorithm groupNorm = NormAlgorithm::kWelford;  ///< of models whose layers do not say
};

/// Levels that were compiled in and that this machine can run, slowest first.
std::span<const Isa> availableIsas();

/// Kernels of one level; null when it is not available here.
const Kernels* kernelsFor(Isa isa);

/// The same levels with products in bf16: half the weights, and several times the speed where the
/// processor multiplies it. Fastest last; empty where it does not.
std::span<const Kernels* const> bf16Kernels();

/// What the fastest of them multiplies with: "avx512-bf16", "amx", "neon-bf16"; empty where there
/// is none.
std::string_view bf16Name();

/// The level in use: the fastest available, or the one that STEMWRIGHT_ISA names.
/// Chosen once; an unknown or unavailable name is reported by isaOverrideError().
const Kernels& kernels();

/// Empty, or why STEMWRIGHT_ISA was not honoured.
std::string_view isaOverrideError();

}  // namespace stemwright::kernels
