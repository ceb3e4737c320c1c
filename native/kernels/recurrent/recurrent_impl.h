#pragma once

#include "kernels/recurrent/recurrent.h"
#include "kernels/simd_shuffle.h"

namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE {

STEMWRIGHT_INLINE V loadWeights(const float* p) {
  return load(p);
}
STEMWRIGHT_INLINE V loadWeights(const std::uint16_t* p) {
  return loadFp16(p);
}

/// Rows of a panel that are asked for ahead: within a page, and across its end, where the
/// processor's own guess stops.
constexpr std::size_t kRowsAhead = 8;

/// Past the end of the panels it asks for what nobody needs, which does no harm.
STEMWRIGHT_INLINE void fetchAhead([[maybe_unused]] const void* p,
                                  [[maybe_unused]] std::size_t bytes) {
#if defined(STEMWRIGHT_SIMD_AVX512)
  _mm_prefetch(reinterpret_cast<const char*>(reinterpret_cast<std::uintptr_t>(p) + bytes),
               _MM_HINT_T0);
#endif
}

/// sums[g] += column vector `first + g` of the panels, times x.
/// Two sums a gate, so that the additions of neighbouring rows need not wait for each other.
template <int kGates, typename Weight>
STEMWRIGHT_INLINE void addProduct(V* sums, const Weight* panels, std::size_t depth,
                                  std::size_t first, const float* x) {
  constexpr std::size_t kWidth = 2 * kLanes;
  const Weight* columns[kGates];
  V odd[kGates];
  STEMWRIGHT_UNROLL
  for (int g = 0; g < kGates; ++g) {
    const std::size_t vector = first + static_cast<std::size_t>(g);
    columns[g] = panels + vector / 2 * depth * kWidth + vector % 2 * kLanes;
    odd[g] = zero();
  }
  std::size_t k = 0;
  for (; k + 2 <= depth; k += 2) {
    const V x0 = set1(x[k]), x1 = set1(x[k + 1]);
    STEMWRIGHT_UNROLL
    for (int g = 0; g < kGates; ++g) {
      const Weight* const even = columns[g] + k * kWidth;
      fetchAhead(even, kRowsAhead * kWidth * sizeof(Weight));
      fetchAhead(even, (kRowsAhead + 1) * kWidth * sizeof(Weight));
      sums[g] = fma(loadWeights(even), x0, sums[g]);
      odd[g] = fma(loadWeights(even + kWidth), x1, odd[g]);
    }
  }
  STEMWRIGHT_UNROLL
  for (int g = 0; g < kGates; ++g) {
    if (k < depth) sums[g] = fma(loadWeights(columns[g] + k * kWidth), set1(x[k]), sums[g]);
    sums[g] = sums[g] + odd[g];
  }
}

/// The same of panels in bf16: a float's place holds two neighbours along the depth.
template <int kGates>
STEMWRIGHT_INLINE void addProductBf16(V* sums, const float* panels, std::size_t depth,
                                      std::size_t first, const float* x) {
  constexpr std::size_t kWidth = 2 * kLanes;
  const std::size_t pairs = (depth + 1) / 2;
  const float* columns[kGates];
  V odd[kGates];
  STEMWRIGHT_UNROLL
  for (int g = 0; g < kGates; ++g) {
    const std::size_t vector = first + static_cast<std::size_t>(g);
    columns[g] = panels + vector / 2 * pairs * kWidth + vector % 2 * kLanes;
    odd[g] = zero();
  }
  const std::size_t whole = depth / 2;
  for (std::size_t p = 0; p < whole; ++p) {
    const V x0 = set1(x[2 * p]), x1 = set1(x[2 * p + 1]);
    STEMWRIGHT_UNROLL
    for (int g = 0; g < kGates; ++g) {
      sums[g] = fma(lowBf16(columns[g] + p * kWidth), x0, sums[g]);
      odd[g] = fma(highBf16(columns[g] + p * kWidth), x1, odd[g]);
    }
  }
  STEMWRIGHT_UNROLL
  for (int g = 0; g < kGates; ++g) {
    if (depth % 2 != 0) {
      sums[g] = fma(lowBf16(columns[g] + whole * kWidth), set1(x[depth - 1]), sums[g]);
    }
    sums[g] = sums[g] + odd[g];
  }
}

template <int kGates, WeightType kWeights>
STEMWRIGHT_INLINE void addGates(V* sums, const float* panels, std::size_t depth, std::size_t first,
                                const float* x) {
  if constexpr (kWeights == WeightType::kBf16) {
    addProductBf16<kGates>(sums, panels, depth, first, x);
  } else if constexpr (kWeights == WeightType::kFp16) {
    addProduct<kGates>(sums, reinterpret_cast<const std::uint16_t*>(panels), depth, first, x);
  } else {
    addProduct<kGates>(sums, panels, depth, first, x);
  }
}

/// Calls body(unit, count, block) for each vector of the step's units.
template <typename Body>
STEMWRIGHT_INLINE void forUnits(const RecurrentStep& step, Body body) {
  const std::size_t blocks = (step.units + kLanes - 1) / kLanes;
  for (std::size_t i = 0; i < blocks; ++i) {
    const std::size_t block = step.isTurned ? blocks - 1 - i : i;
    const std::size_t unit = block * kLanes;
    body(unit, step.units - unit < kLanes ? step.units - unit : kLanes, block);
  }
}

template <WeightType kWeights>
static void lstmSteps(const RecurrentStep& step) {
  forUnits(step, [&](std::size_t unit, std::size_t count, std::size_t block) {
    V gates[4];
    STEMWRIGHT_UNROLL
    for (int g = 0; g < 4; ++g) gates[g] = load(step.gates + (4 * block + g) * kLanes);
    if (step.input != nullptr) {
      addGates<4, kWeights>(gates, step.inputPanels, step.inputs, 4 * block, step.input);
    }
    addGates<4, kWeights>(gates, step.hiddenPanels, step.units, 4 * block, step.hidden);
    const V kept = sigmoid(gates[1]) * loadPartial(step.cell + unit, count);
    const V cell = fma(sigmoid(gates[0]), tanh(gates[2]), kept);
    storePartial(step.cell + unit, cell, count);
    storePartial(step.out + unit, sigmoid(gates[3]) * tanh(cell), count);
  });
}

template <WeightType kWeights>
static void gruSteps(const RecurrentStep& step) {
  forUnits(step, [&](std::size_t unit, std::size_t count, std::size_t block) {
    V gates[3];
    STEMWRIGHT_UNROLL
    for (int g = 0; g < 3; ++g) gates[g] = load(step.gates + (3 * block + g) * kLanes);
    if (step.input != nullptr) {
      addGates<3, kWeights>(gates, step.inputPanels, step.inputs, 3 * block, step.input);
    }
    V recurrent[3] = {gates[0], gates[1], load(step.hiddenBias + unit)};
    addGates<3, kWeights>(recurrent, step.hiddenPanels, step.units, 3 * block, step.hidden);
    const V candidate = tanh(fma(sigmoid(recurrent[0]), recurrent[2], gates[2]));
    const V update = sigmoid(recurrent[1]);
    const V before = loadPartial(step.hidden + unit, count);
    storePartial(step.out + unit, fma(update, before - candidate, candidate), count);
  });
}

static void lstmStep(const RecurrentStep& step) {
  switch (step.weights) {
    case WeightType::kFp32:
      return lstmSteps<WeightType::kFp32>(step);
    case WeightType::kBf16:
      return lstmSteps<WeightType::kBf16>(step);
    case WeightType::kFp16:
      return lstmSteps<WeightType::kFp16>(step);
  }
}

static void gruStep(const RecurrentStep& step) {
  switch (step.weights) {
    case WeightType::kFp32:
      return gruSteps<WeightType::kFp32>(step);
    case WeightType::kBf16:
      return gruSteps<WeightType::kBf16>(step);
    case WeightType::kFp16:
      return gruSteps<WeightType::kFp16>(step);
  }
}

constexpr RecurrentKernels kRecurrentKernels = {lstmStep, gruStep};

}  // namespace stemwright::kernels::STEMWRIGHT_SIMD_NAMESPACE
