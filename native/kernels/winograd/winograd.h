#pragma once

#include <cstddef>

#include "kernels/activation.h"

namespace stemwright::kernels {

/// F(4 x 4, 3 x 3) of Winograd's minimal filtering: 4 x 4 outputs from 6 x 6 inputs by 36 products
/// instead of 144. Source: Lavin & Gray 2016, "Fast Algorithms for Convolutional Neural Networks".
inline constexpr std::size_t kWinogradOut = 4;
inline constexpr std::size_t kWinogradIn = 6;
inline constexpr std::size_t kWinogradPoints = kWinogradIn * kWinogradIn;

/// Tiles of an image [height, width, channels] whose 6 x 6 inputs start one row and column before
/// their outputs; zeros outside.
struct WinogradInput {
  const float* x;
  std::size_t height, width, channels;
  std::size_t row;     ///< of the tiles' first outputs
  std::size_t column;  ///< of the first tile's
  std::size_t tiles;   ///< side by side
  float* out;          ///< [36, ..., channels]
  std::size_t pointStride;
  const float* zeros;  ///< [channels]
};

/// One panel of products back into 4 x 4 outputs, value * sigmoid(gate).
struct WinogradOutput {
  const float* products;  ///< [36, ..., 2 lanes]: values, gates
  std::size_t pointStride;
  const float* bias;  ///< [2 lanes]
  float* out;         ///< [height, width, channels], at the panel's first channel
  std::size_t height, width, channels;
  std::size_t row, column, tiles;  ///< as above
  std::size_t count;               ///< channels of this panel, up to the lanes
};

/// F(4, 2) and F(4, 3) along a line: 4 outputs from 5 or 6 inputs by as many products instead of 8
/// or 12.
inline constexpr std::size_t kMostLinePoints = 6;
constexpr std::size_t linePoints(std::size_t taps) {
  return kWinogradOut + taps - 1;
}

/// Tiles whose 5 or 6 inputs lie anywhere, those of neighbouring tiles `tileStride` apart.
struct WinogradLineInput {
  const float* inputs[kMostLinePoints];  ///< of the first tile, [depth] each; null: zeros
  std::size_t tileStride;
  std::size_t taps;  ///< 2 or 3
  std::size_t depth, tiles;
  float* out;             ///< [points, ..., depth]
  std::size_t outStride;  ///< floats between tiles
  std::size_t pointStride;
};

/// One panel of products back into outputs: residual + activation(bias + sum).
struct WinogradLineOutput {
  const float* products;  ///< [points, ..., 2 lanes]; with GLU values, gates
  std::size_t pointStride;
  std::size_t taps;   ///< 2 or 3
  const float* bias;  ///< [2 lanes]
  Activation activation;
  const float* residual;   ///< as out, or null; may be out itself
  float* out;              ///< the panel's first channel
  std::size_t stride;      ///< floats between a tile's outputs
  std::size_t tileStride;  ///< floats between tiles
  std::size_t tiles;
  std::size_t outputs;  ///< of each tile: up to 4, the others are left out
  std::size_t count;    ///< channels of this panel: up to two vectors, with GLU one
};

struct WinogradKernels {
  void (*transformInput)(const WinogradInput& call);
  void (*finishGlu)(const WinogradOutput& call);
  void (*transformLine)(const WinogradLineInput& call);
  void (*finishLine)(const WinogradLineOutput& call);
};

extern const WinogradKernels winogradScalar;
extern const WinogradKernels winogradSse41;
extern const WinogradKernels winogradAvx2;
extern const WinogradKernels winogradAvx512;
extern const WinogradKernels winogradNeon;

}  // namespace stemwright::kernels
