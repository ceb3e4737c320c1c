#include "models/positions.h"

#include <cmath>

namespace stemwright::models {

core::Tensor timeEmbedding(std::size_t length, std::size_t dim, const HTDemucsConfig& config) {
  core::Tensor table({length, dim});
  const std::size_t half = dim / 2;
  for (std::size_t t = 0; t < length; ++t) {
    for (std::size_t i = 0; i < half; ++i) {
      const double exponent = static_cast<double>(i) / static_cast<double>(half - 1);
      const double phase = static_cast<double>(t) / std::pow(config.transformerMaxPeriod, exponent);
      const double weight = config.transformerPositionWeight;
      table[t * dim + i] = static_cast<float>(weight * std::cos(phase));
      table[t * dim + half + i] = static_cast<float>(weight * std::sin(phase));
    }
  }
  return table;
}

core::Tensor gridEmbedding(std::size_t rows, std::size_t columns, std::size_t dim,
                           const HTDemucsConfig& config) {
  core::Tensor table({rows * columns, dim});
  const std::size_t half = dim / 2;
  for (std::size_t i = 0; i < half; i += 2) {
    const double rate = std::exp(static_cast<double>(i) * -std::log(config.transformerMaxPeriod) /
                                 static_cast<double>(half));
    const double weight = config.transformerPositionWeight;
    for (std::size_t token = 0; token < rows * columns; ++token) {
      const double column = static_cast<double>(token % columns) * rate;
      const double row = static_cast<double>(token / columns) * rate;
      float* at = table.data() + token * dim;
      at[i] = static_cast<float>(weight * std::sin(column));
      at[i + 1] = static_cast<float>(weight * std::cos(column));
      at[half + i] = static_cast<float>(weight * std::sin(row));
      at[half + i + 1] = static_cast<float>(weight * std::cos(row));
    }
  }
  return table;
}

}  // namespace stemwright::models
