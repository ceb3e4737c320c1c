// Every buffer of one forward pass, carved from one block. Private to models/.
#pragma once

#include <cstddef>
#include <vector>

#include "core/arena.h"
#include "models/htdemucs.h"
#include "models/spectrum.h"

namespace stemwright::models {

/// Sizes along the network for one segment length.
struct Dimensions {
  Dimensions(const HTDemucsConfig& config, std::size_t frames);

  std::size_t audioChannels;
  std::size_t sources;
  std::size_t columns;                   ///< of the spectrogram
  std::vector<std::size_t> rows;         ///< [depth + 1] frequency rows before encoder i
  std::vector<std::size_t> timeLengths;  ///< [depth + 1] time steps before encoder i
  std::vector<std::size_t> channels;     ///< [depth] channels after encoder i
};

/// Whether so many rows of the frequency branch would leave threads idle if each were one task
/// from start to end.
bool fewRows(std::size_t rows, unsigned threads);

struct Workspace {
  Workspace(core::Arena& arena, const HTDemucs& model, const Dimensions& dims,
            const Spectrum* spectrum, unsigned threads);

  // Time branch. A transposed convolution writes whole groups of its stride around what is kept,
  // so what it writes has a margin on both sides.
  float* wave = nullptr;          ///< [frames, audioChannels], normalised
  std::vector<float*> timeSkips;  ///< [timeLengths[i + 1], channels[i]]
  float* timeInner = nullptr;     ///< [timeLengths[1], channels[0]]: inside a layer
  float* timeOut = nullptr;       ///< [frames, sources * audioChannels]

  // Frequency branch; null in time-only mode.
  float* spectrum = nullptr;     ///< [bins, columns, 2 audioChannels], normalised
  std::vector<float*> skips;     ///< [rows[i + 1], columns, channels[i]]
  float* inner = nullptr;        ///< [rows[1], columns, channels[0]]: inside a decoder
  float* tiles = nullptr;        ///< of the Winograd convolutions
  float* spectrumOut = nullptr;  ///< [bins, columns, 2 sources * audioChannels]
  float* padded = nullptr;       ///< the analysis' copy of the mix

  // Transformer; null without one.
  float* tokens = nullptr;      ///< [rows[depth] * columns, dim]
  float* timeTokens = nullptr;  ///< [timeLengths[depth], dim]
  float* queries = nullptr;     ///< normalised tokens, [the larger, dim]
  float* memory = nullptr;      ///< normalised time tokens, [timeLengths[depth], dim]
  float* timeMemory = nullptr;  ///< normalised tokens, [rows[depth] * columns, dim]
  float* feedForward = nullptr;
  float* attention = nullptr;

  float* hidden = nullptr;      ///< of the residual branches that the pool shares
  float* scratch = nullptr;     ///< [threads, scratchSize]
  std::size_t scratchSize = 0;  ///< floats a worker
};

}  // namespace stemwright::models
