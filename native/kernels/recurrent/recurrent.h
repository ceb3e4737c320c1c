#pragma once

#include <cstddef>

#include "kernels/weight_type.h"

namespace stemwright::kernels {

/// One time step of one row of a recurrent layer. `panels` are PackedGemm panels whose columns are
/// ordered by vectors: for each block of `lanes` units, one vector a gate. Gates: LSTM i, f, g, o;
/// GRU r, z, n. hidden and out must not overlap.
struct RecurrentStep {
  const float* input;  ///< [inputs]; null when `gates` already hold its share
  std::size_t inputs;
  const float* inputPanels;
  const float* hidden;  ///< state before, [units]
  std::size_t units;
  const float* hiddenPanels;
  const float* gates;       ///< [block][gate][lanes]: biases, with or without the input's share
  const float* hiddenBias;  ///< GRU: bias inside the reset product, padded to whole vectors
  float* cell;              ///< LSTM: [units], replaced
  float* out;               ///< state after, [units]
  /// Of both panels. bf16: a float's place holds two neighbours along the depth. fp16: in half the
  /// room, as floats lie.
  WeightType weights = WeightType::kFp32;
  /// Takes the units from the last to the first; the result is the same. Weights that do not fit
  /// into a cache are met by turns from either end: what the step before read last is still there.
  bool isTurned = false;
};

/// Single precision throughout; the scalar level is the reference.
struct RecurrentKernels {
  void (*lstm)(const RecurrentStep& step);
  void (*gru)(const RecurrentStep& step);
};

extern const RecurrentKernels recurrentScalar;
extern const RecurrentKernels recurrentSse41;
extern const RecurrentKernels recurrentAvx2;
extern const RecurrentKernels recurrentAvx512;
extern const RecurrentKernels recurrentNeon;

}  // namespace stemwright::kernels
