#pragma once

#include <algorithm>
#include <cassert>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "core/aligned.h"
#include "core/half.h"
#include "kernels/dispatch.h"

namespace stemwright::nn {

/// Whether all values stay finite in that type.
inline bool fits(std::span<const float> values, kernels::WeightType type) {
  if (type == kernels::WeightType::kFp32) return true;
  return std::all_of(values.begin(), values.end(), [type](float value) {
    return std::isfinite(type == kernels::WeightType::kBf16
                             ? core::bfloat16ToFloat(core::floatToBfloat16(value))
                             : core::halfToFloat(core::floatToHalf(value)));
  });
}

/// A weight matrix in the panel order that one kernel's GEMM reads.
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// @param taps     taps of a convolution; 1 for a plain product
  /// @param depth    K of one tap
  /// @param columns  N; with glu the first half are values, the second half their gates
  /// @param weightAt float(tap, k, column)
  /// @param biasAt   float(column)
  template <typename WeightAt, typename BiasAt>
  PackedMatrix(const kernels::GemmKernels& gemm, std::size_t taps, std::size_t depth,
               std::size_t columns, bool glu, WeightAt&& weightAt, BiasAt&& biasAt)
      : view_{nullptr, nullptr, taps, depth, glu ? columns / 2 : columns, glu},
        width_(2 * gemm.lanes),
        perPanel_(glu ? gemm.lanes : width_),
        depth_((depth + gemm.depthStep - 1) / gemm.depthStep * gemm.depthStep),
        isBf16_(gemm.isBf16),
        hasNarrowPanels_(gemm.hasNarrowPanels) {
    panels_ = core::AlignedBuffer<float>(panelCount() * panelFloats());
    bias_ = core::AlignedBuffer<float>(panelCount() * width_);
    panels_.zero();
    bias_.zero();
    for (std::size_t out = 0; out < view_.outCols; ++out) {
      const std::size_t panel = out / perPanel_;
      const std::size_t lane = out % perPanel_;
      put(panel, lane, weightAt, out);
      bias_[panel * width_ + lane] = biasAt(out);
      if (glu) {
        put(panel, perPanel_ + lane, weightAt, view_.outCols + out);
        bias_[panel * width_ + perPanel_ + lane] = biasAt(view_.outCols + out);
      }
    }
    view_.panels = panels_.data();
    view_.bias = bias_.data();
  }

  /// Keeps the weights in 16 bits from now on: neither view() nor panels() have any then.
  /// Not of a bf16 kernel's panels, which are so already.
  void narrow(kernels::WeightType type) {
    assert(!isBf16_ && type != kernels::WeightType::kFp32);
    narrow_ = core::AlignedBuffer<std::uint16_t>(panels_.size());
    narrowType_ = type;
    for (std::size_t i = 0; i < panels_.size(); ++i) {
      narrow_[i] = type == kernels::WeightType::kBf16 ? core::floatToBfloat16(panels_[i])
                                                      : core::floatToHalf(panels_[i]);
    }
    panels_ = {};
    view_.panels = nullptr;
  }
  bool isNarrow() const noexcept { return !narrow_.empty(); }
  /// What is in memory, narrow or not, for kernels that know the type; narrow as the floats were.
  const float* stored() const noexcept {
    return isNarrow() ? reinterpret_cast<const float*>(narrow_.data()) : panels_.data();
  }
  /// One panel of narrow weights in float. @param to panelFloats(), on a cache line
  kernels::PackedGemm widened(const kernels::ElementwiseKernels& kernels, std::size_t panel,
                              float* to) const noexcept {
    const std::uint16_t* const from = narrow_.data() + panel * panelFloats();
    const auto widen =
        narrowType_ == kernels::WeightType::kBf16 ? kernels.widenBf16 : kernels.widenFp16;
    widen(from, to, panelFloats());
    kernels::PackedGemm part = panels(panel, 1);
    part.panels = to;
    return part;
  }
  std::size_t panelFloats() const noexcept { return view_.taps * storedDepth() * width_; }

  const kernels::PackedGemm& view() const noexcept { return view_; }

  /// Whether neighbouring taps follow each other without anything between.
  bool isGapless() const noexcept { return depth_ == view_.depth; }
  /// Weights seen as fewer, deeper taps: right where they are gapless, and where neighbouring taps
  /// lie one after another in memory.
  static kernels::PackedGemm merged(kernels::PackedGemm view, std::size_t tapsPerGroup) noexcept {
    view.taps /= tapsPerGroup;
    view.depth *= tapsPerGroup;
    return view;
  }

  std::size_t panelCount() const noexcept { return (view_.outCols + perPanel_ - 1) / perPanel_; }

  /// Columns of panels [first, first + count) only.
  kernels::PackedGemm panels(std::size_t first, std::size_t count) const noexcept {
    kernels::PackedGemm part = view_;
    if (part.panels != nullptr) part.panels += first * panelFloats();
    part.bias += first * width_;
    part.outCols = std::min(count * perPanel_, view_.outCols - first * perPanel_);
    return part;
  }
  /// Where a panel's first column is stored.
  std::size_t columnOf(std::size_t panel) const noexcept { return panel * perPanel_; }

  /// Floats of what is packed as the bias is.
  std::size_t rowSize() const noexcept { return panelCount() * width_; }
  /// Where column `column` (with glu: values, then gates) stands in it.
  std::size_t placeOf(std::size_t column) const noexcept {
    const std::size_t gate = column < view_.outCols ? 0 : perPanel_;
    const std::size_t out = gate == 0 ? column : column - view_.outCols;
    return out / perPanel_ * width_ + gate + out % perPanel_;
  }
  /// As it was given, or rounded to bf16.
  float weightAt(std::size_t tap, std::size_t k, std::size_t column) const noexcept {
    const std::size_t panel = placeOf(column) / width_;
    const std::size_t lane = placeOf(column) % width_;
    const float* const at = panels_.data() + placeIn(panel, tap, k) + lane;
    if (!isBf16_) return *at;
    std::uint16_t rounded;
    std::memcpy(&rounded, reinterpret_cast<const std::byte*>(at) + k % 2 * sizeof(rounded),
                sizeof(rounded));
    return core::bfloat16ToFloat(rounded);
  }
  float biasAt(std::size_t column) const noexcept { return bias_[placeOf(column)]; }

  std::size_t bytes() const noexcept { return panels_.bytes() + narrow_.bytes() + bias_.bytes(); }

 private:
  /// Vectors of a tap: rows of the panel, or pairs of them.
  std::size_t storedDepth() const noexcept { return isBf16_ ? depth_ / 2 : depth_; }
  /// A last panel of at most one vector may be stored one vector wide.
  std::size_t storedWidth(std::size_t panel) const noexcept {
    const bool isSingle =
        hasNarrowPanels_ && !view_.glu && view_.outCols - panel * perPanel_ <= width_ / 2;
    return isSingle ? width_ / 2 : width_;
  }
  std::size_t placeIn(std::size_t panel, std::size_t tap, std::size_t k) const noexcept {
    const std::size_t vector = tap * storedDepth() + (isBf16_ ? k / 2 : k);
    return panel * panelFloats() + vector * storedWidth(panel);
  }

  template <typename WeightAt>
  void put(std::size_t panel, std::size_t lane, WeightAt&& weightAt, std::size_t column) {
    for (std::size_t tap = 0; tap < view_.taps; ++tap) {
      for (std::size_t k = 0; k < view_.depth; ++k) {
        const float weight = weightAt(tap, k, column);
        float* const at = panels_.data() + placeIn(panel, tap, k) + lane;
        if (isBf16_) {
          const std::uint16_t rounded = core::floatToBfloat16(weight);
          std::memcpy(reinterpret_cast<std::byte*>(at) + k % 2 * sizeof(rounded), &rounded,
                      sizeof(rounded));
        } else {
          *at = weight;
        }
      }
    }
  }

  core::AlignedBuffer<float> panels_;
  core::AlignedBuffer<std::uint16_t> narrow_;
  core::AlignedBuffer<float> bias_;
  kernels::PackedGemm view_{};
  std::size_t width_ = 1;     ///< lanes of two vectors
  std::size_t perPanel_ = 1;  ///< output columns
  std::size_t depth_ = 0;     ///< of a tap, filled up
  bool isBf16_ = false;
  bool hasNarrowPanels_ = true;
  kernels::WeightType narrowType_ = kernels::WeightType::kFp32;
};

}  // namespace stemwright::nn
