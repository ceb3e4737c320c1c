// The layers of a loaded HTDemucs, named and ordered as in Demucs. Private to models/.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/tensor.h"
#include "models/htdemucs.h"
#include "nn/attention.h"
#include "nn/conv.h"
#include "nn/dconv.h"
#include "nn/height_conv.h"
#include "nn/kernels.h"
#include "nn/line_conv.h"
#include "nn/norm.h"
#include "nn/winograd.h"

namespace stemwright::models {

/// conv, GELU, residual branch, then a 1 x 1 with GLU.
struct EncoderLayer {
  nn::HeightConv conv;
  nn::DConv dconv;
  nn::Conv rewrite;
};

/// The same along time.
struct TimeEncoderLayer {
  nn::LineConv conv;
  nn::DConv dconv;
  nn::Conv rewrite;
};

/// A 3 x 3 with GLU, residual branch, then a transposed convolution along the frequency axis.
struct DecoderLayer {
  nn::Conv rewrite;                          ///< unless there is
  std::optional<nn::WinogradConv> winograd;  ///< the same, faster
  nn::DConv dconv;
  nn::HeightConv transposed;

  const nn::ConvShape& rewriteShape() const {
    return winograd ? winograd->shape() : rewrite.shape();
  }
};

/// A 3 with GLU, residual branch, then a transposed convolution.
struct TimeDecoderLayer {
  nn::LineConv rewrite;
  nn::DConv dconv;
  nn::LineConv transposed;
};

/// Self- or cross-attention, then a feed-forward, each normalised first and scaled after.
struct TransformerLayer {
  bool cross = false;
  nn::Affine norm1;       ///< of the queries
  nn::Affine normMemory;  ///< of the keys and values; cross only
  nn::Affine normFeedForward;
  nn::Affine normOut;
  nn::Attention attention;
  std::vector<float> gamma1;
  std::vector<float> gamma2;
  nn::Conv linear1;
  nn::Conv linear2;
};

struct HTDemucs::Graph {
  std::unique_ptr<const nn::Kernels> kernels;  ///< the level in use, with the model's options
  std::vector<EncoderLayer> encoder;
  std::vector<TimeEncoderLayer> timeEncoder;
  std::vector<DecoderLayer> decoder;  ///< in order of use: deepest first
  std::vector<TimeDecoderLayer> timeDecoder;
  core::Tensor embedding;  ///< [rows after the first encoder, channels], scaled; may be empty

  std::size_t dim = 0;  ///< channels of the transformer; 0 without one
  std::optional<nn::Conv> upsampler, downsampler, timeUpsampler, timeDownsampler;
  nn::Affine normIn, timeNormIn;
  std::vector<TransformerLayer> layers, timeLayers;

  /// Channels after encoder i.
  static std::size_t channelsAt(const HTDemucsConfig& config, std::size_t i);
};

}  // namespace stemwright::models
