// The transformer's position embeddings. Private to models/.
#pragma once

#include <cstddef>

#include "core/tensor.h"
#include "models/htdemucs_config.h"

namespace stemwright::models {

/// [length, dim]: cosines, then sines, of ever slower phases. Source: demucs.transformer,
/// create_sin_embedding.
core::Tensor timeEmbedding(std::size_t length, std::size_t dim, const HTDemucsConfig& config);

/// [rows * columns, dim]: the first half of the channels tells the column, the second the row,
/// sines and cosines in turn. Source: demucs.transformer, create_2d_sin_embedding.
core::Tensor gridEmbedding(std::size_t rows, std::size_t columns, std::size_t dim,
                           const HTDemucsConfig& config);

}  // namespace stemwright::models
