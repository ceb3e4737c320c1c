#pragma once

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>

#include "core/aligned.h"

namespace stemwright::core {

/// Up to six dimensions, outermost first.
class Shape {
 public:
  static constexpr std::size_t kMaxRank = 6;

  Shape() = default;
  Shape(std::initializer_list<std::size_t> dims) {
    for (std::size_t dim : dims) append(dim);
  }
  void append(std::size_t dim) { dims_[rank_++] = dim; }

  std::size_t rank() const noexcept { return rank_; }
  std::size_t operator[](std::size_t axis) const noexcept { return dims_[axis]; }
  std::size_t count() const noexcept {
    std::size_t product = 1;
    for (std::size_t axis = 0; axis < rank_; ++axis) product *= dims_[axis];
    return product;
  }
  friend bool operator==(const Shape& a, const Shape& b) noexcept {
    if (a.rank_ != b.rank_) return false;
    for (std::size_t axis = 0; axis < a.rank_; ++axis) {
      if (a.dims_[axis] != b.dims_[axis]) return false;
    }
    return true;
  }

 private:
  std::array<std::size_t, kMaxRank> dims_{};
  std::size_t rank_ = 0;
};

/// Owning float32 tensor, row-major and contiguous, 64-byte aligned. Uninitialised when made.
class Tensor {
 public:
  Tensor() = default;
  explicit Tensor(Shape shape) : shape_(shape), buffer_(shape.count()) {}

  const Shape& shape() const noexcept { return shape_; }
  std::size_t size() const noexcept { return buffer_.size(); }
  float* data() noexcept { return buffer_.data(); }
  const float* data() const noexcept { return buffer_.data(); }
  float& operator[](std::size_t index) noexcept { return buffer_[index]; }
  const float& operator[](std::size_t index) const noexcept { return buffer_[index]; }
  std::span<float> span() noexcept { return buffer_.span(); }
  std::span<const float> span() const noexcept { return buffer_.span(); }

  /// Elements between neighbours along an axis.
  std::size_t stride(std::size_t axis) const noexcept {
    std::size_t product = 1;
    for (std::size_t inner = axis + 1; inner < shape_.rank(); ++inner) product *= shape_[inner];
    return product;
  }

 private:
  Shape shape_;
  AlignedBuffer<float> buffer_;
};

}  // namespace stemwright::core
