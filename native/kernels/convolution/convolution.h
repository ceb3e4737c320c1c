#pragma once

#include <cstddef>

namespace stemwright::kernels {

/// Spectra that are multiplied lie in tiles: kTileBins real parts, then as many imaginary ones.
inline constexpr std::size_t kTileBins = 64;
inline constexpr std::size_t kTileFloats = 2 * kTileBins;
inline constexpr std::size_t kLookAhead = 4;

/// The inner loops of convolution, in the time and in the frequency domain.
struct ConvolutionKernels {
  /// Floats past the last sample of `x` that fir reads, and whose values do not matter.
  static constexpr std::size_t kFirSlack = 16;

  /// out[i] += Σ taps[j] * x[i - j] over j < tapCount, for i < count.
  /// x is read from -(tapCount - 1) to count + kFirSlack; out must not overlap it.
  void (*fir)(const float* x, const float* taps, std::size_t tapCount, float* out,
              std::size_t count);
  /// out[c * outs + o] = bias[o] + Σ_k weights[o * weightStride + k] * x[c * step + k] over
  /// k < length, for c < columns: few outputs of a window each.
  void (*windows)(const float* x, std::size_t step, std::size_t columns, const float* weights,
                  std::size_t weightStride, std::size_t length, std::size_t outs, const float* bias,
                  float* out);
  /// out = Σ x[s] * h[s], complex, over `count` tiles that follow one another; out is one tile.
  /// Tiles are 64-byte aligned.
  void (*multiplyTiles)(const float* x, const float* h, std::size_t count, float* out);
  /// The same, added to what is in out.
  void (*accumulateTiles)(const float* x, const float* h, std::size_t count, float* out);
  /// out[j] += Σ x[s] * h[s + j] for the kLookAhead tiles of out: as many sums for one reading of x
  /// and h, of which h has count + kLookAhead - 1 tiles.
  void (*accumulateTilesAhead)(const float* x, const float* h, std::size_t count, float* out);
  /// Pairs (re, im) of whole tiles to tiles that lie `stride` floats apart.
  void (*splitTiles)(const float* pairs, std::size_t tileCount, float* tiles, std::size_t stride);
  /// Tiles that follow one another to pairs.
  void (*joinTiles)(const float* tiles, std::size_t tileCount, float* pairs);
};

extern const ConvolutionKernels convolutionScalar;
extern const ConvolutionKernels convolutionSse41;
extern const ConvolutionKernels convolutionAvx2;
extern const ConvolutionKernels convolutionAvx512;
extern const ConvolutionKernels convolutionNeon;

}  // namespace stemwright::kernels
