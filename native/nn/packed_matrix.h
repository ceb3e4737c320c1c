#pragma once

#include <cstddef>

#include "core/aligned.h"
#include "kernels/dispatch.h"

namespace stemwright::nn {

/// A weight matrix in the panel order that one instruction set's GEMM reads.
class PackedMatrix {
 public:
  PackedMatrix() = default;

  /// @param taps     taps of a convolution; 1 for a plain product
  /// @param depth    K of one tap
  /// @param columns  N; with glu the first half are values, the second half their gates
  /// @param weightAt float(tap, k, column)
  /// @param biasAt   float(column)
  template <typename WeightAt, typename BiasAt>
  PackedMatrix(std::size_t lanes, std::size_t taps, std::size_t depth, std::size_t columns,
               bool glu, WeightAt&& weightAt, BiasAt&& biasAt)
      : view_{nullptr, nullptr, taps, depth, glu ? columns / 2 : columns, glu} {
    const std::size_t width = 2 * lanes;
    const std::size_t perPanel = glu ? lanes : width;
    const std::size_t panels = (view_.outCols + perPanel - 1) / perPanel;
    panels_ = core::AlignedBuffer<float>(panels * taps * depth * width);
    bias_ = core::AlignedBuffer<float>(panels * width);
    panels_.zero();
    bias_.zero();
    for (std::size_t out = 0; out < view_.outCols; ++out) {
      const std::size_t panel = out / perPanel;
      // A last panel of at most one vector is stored one vector wide.
      const bool single = !glu && view_.outCols - panel * perPanel <= lanes;
      const std::size_t stored = single ? lanes : width;
      const std::size_t lane = out % perPanel;
      float* base = panels_.data() + panel * taps * depth * width;
      put(base, stored, lane, taps, depth, weightAt, out);
      bias_[panel * width + lane] = biasAt(out);
      if (glu) {
        put(base, stored, lanes + lane, taps, depth, weightAt, view_.outCols + out);
        bias_[panel * width + lanes + lane] = biasAt(view_.outCols + out);
      }
    }
    view_.panels = panels_.data();
    view_.bias = bias_.data();
  }

  const kernels::PackedGemm& view() const noexcept { return view_; }

  /// The same weights seen as fewer, deeper taps: right where neighbouring taps lie one after
  /// another in memory.
  kernels::PackedGemm merged(std::size_t tapsPerGroup) const noexcept {
    kernels::PackedGemm merged = view_;
    merged.taps /= tapsPerGroup;
    merged.depth *= tapsPerGroup;
    return merged;
  }

  std::size_t bytes() const noexcept { return panels_.bytes() + bias_.bytes(); }

 private:
  template <typename WeightAt>
  static void put(float* base, std::size_t stored, std::size_t lane, std::size_t taps,
                  std::size_t depth, WeightAt&& weightAt, std::size_t column) {
    for (std::size_t tap = 0; tap < taps; ++tap) {
      for (std::size_t k = 0; k < depth; ++k) {
        base[(tap * depth + k) * stored + lane] = weightAt(tap, k, column);
      }
    }
  }

  core::AlignedBuffer<float> panels_;
  core::AlignedBuffer<float> bias_;
  kernels::PackedGemm view_{};
};

}  // namespace stemwright::nn
