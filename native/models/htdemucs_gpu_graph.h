// The layers of an HTDemucs on a graphics processor. Private to models/.
#pragma once

#include <optional>
#include <vector>

#include "gpu/ops.h"
#include "models/htdemucs_gpu.h"

namespace stemwright::models {

struct GpuAffine {
  gpu::Binding weight;
  gpu::Binding bias;
};

/// One layer of a residual branch; the norm of the expansion alternates values and gates too.
struct GpuDConvLayer {
  gpu::Weight squeeze;
  GpuAffine squeezeNorm;
  gpu::Weight expand;
  GpuAffine expandNorm;
  gpu::Binding scale;
};
using GpuDConv = std::vector<GpuDConvLayer>;

struct GpuEncoderLayer {
  gpu::Weight conv;
  GpuDConv dconv;
  gpu::Weight rewrite;
};

struct GpuDecoderLayer {
  gpu::Weight rewrite;
  GpuDConv dconv;
  gpu::Weight transposed;
};

struct GpuTransformerLayer {
  bool cross = false;
  GpuAffine norm1, normMemory, normFeedForward, normOut;
  gpu::Weight query;     ///< self-attention: queries, keys and values at once
  gpu::Weight keyValue;  ///< cross-attention only
  gpu::Weight output;
  gpu::Binding gamma1, gamma2;
  gpu::Weight linear1, linear2;
};

struct HTDemucsGpu::Graph {
  gpu::MomentsAlgorithm groupNorm = gpu::MomentsAlgorithm::kWelford;
  std::vector<GpuEncoderLayer> encoder, timeEncoder;
  std::vector<GpuDecoderLayer> decoder, timeDecoder;  ///< in order of use: deepest first
  gpu::Binding embedding;                             ///< [rows, channels]; may be empty

  std::size_t dim = 0;
  std::size_t hidden = 0;
  std::optional<gpu::Weight> upsampler, downsampler, timeUpsampler, timeDownsampler;
  GpuAffine normIn, timeNormIn;
  std::vector<GpuTransformerLayer> layers, timeLayers;

  std::optional<gpu::Fft> fft;
  gpu::Binding analysisWindow, synthesisWindow;
};

}  // namespace stemwright::models
