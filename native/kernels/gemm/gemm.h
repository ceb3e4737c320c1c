#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/activation.h"

namespace stemwright::kernels {

/// One shifted view of the left matrix: a kernel tap of a convolution, or the whole row of a
/// matrix product.
struct GemmTap {
  const float* rows;  ///< element [0, 0] of this tap; row r starts at rows + r * rowStride
  std::size_t index;  ///< which tap of the packed weights it meets
};

/// out[r, n] = residual[r, n]
///             + scale[n] * activation(bias[n] + gain[n] * sum_t sum_k A_t[r, k] B_t[k, n])
///
/// Taps that fall outside the input are left out by the caller, so that no padding is stored.
struct GemmCall {
  const GemmTap* taps;
  std::size_t tapCount;
  std::size_t rowStride;  ///< numbers between rows of A, the same for every tap
  std::size_t rows;
  const struct PackedGemm* weights;
  float* out;
  std::size_t outStride;
  Activation activation = Activation::kNone;
  const float* gain = nullptr;      ///< packed as the weights' bias is; null means 1
  const float* bias = nullptr;      ///< the same; null: the weights' own
  const float* scale = nullptr;     ///< [outCols]; null means 1
  const float* residual = nullptr;  ///< [rows, outCols]; null means 0; may be out itself
  std::size_t residualStride = 0;
  /// Rows of A are bf16 already, their depth filled up as that of the weights with numbers that are
  /// finite; bf16 kernels only.
  bool isRounded = false;
};

/// Right matrix in panels of two vectors (the last may be one): [panel][tap][depth][width].
/// With glu, a panel is one vector of value columns and one of the gates that belong to them.
/// For bf16 kernels the depth of a tap is filled up with zeros to a multiple of their depthStep,
/// and a float's place holds two neighbours along the depth: [panel][tap][depth / 2][width][2].
struct PackedGemm {
  const float* panels;
  const float* bias;  ///< packed like one row of the panels; never null
  std::size_t taps;
  std::size_t depth;    ///< K of one tap
  std::size_t outCols;  ///< columns written: N, or N / 2 with glu
  bool glu;
};

/// The largest depthStep.
inline constexpr std::size_t kBf16Depth = 32;

struct GemmKernels {
  std::size_t lanes;      ///< floats in a vector
  std::size_t rowBlock;   ///< rows that one pass keeps in registers; chunks should be multiples
  bool isBf16;            ///< weights packed as bf16, A rounded to it, sums in float
  std::size_t depthStep;  ///< what the depth of a tap is filled up to a multiple of; 1 in float
  bool hasNarrowPanels;   ///< whether a last panel of at most one vector is stored so
  /// Multiplies; one thread. A, B and out must not overlap, residual and out may be equal.
  void (*run)(const GemmCall& call);
  /// Multiplies registers with each other and nothing else: what run() cannot exceed.
  /// @return operations done
  double (*saturate)(std::size_t rounds);
  /// Rounds `count` numbers; null in float.
  void (*round)(const float* x, std::uint16_t* out, std::size_t count);
  /// Rounds two rows and interleaves them; null in float. @param odd null: zeros
  void (*roundPairs)(const float* even, const float* odd, std::uint16_t* out, std::size_t count);
};

extern const GemmKernels gemmScalar;
extern const GemmKernels gemmSse41;
extern const GemmKernels gemmAvx2;
extern const GemmKernels gemmAvx512;
extern const GemmKernels gemmNeon;
extern const GemmKernels gemmAvx512Bf16;
extern const GemmKernels gemmNeonBf16;
extern const GemmKernels gemmAmx;

}  // namespace stemwright::kernels
