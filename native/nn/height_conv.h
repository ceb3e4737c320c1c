#pragma once

#include <cstddef>
#include <vector>

#include "core/aligned.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "nn/conv.h"

namespace stemwright::nn {

/// A convolution along the height alone whose kernel is twice its stride, transposed or not: by
/// Winograd's F(4, 2) over whole strides in float, where it is deep enough; else directly. Rounding
/// grows with the transforms; native/tests/nn bounds it.
/// Immutable after construction. [thread-safe: const]
class HeightConv {
 public:
  HeightConv() = default;

  /// @param shape of width 1; any other than told above is computed directly
  /// @param weight, bias as of Conv
  HeightConv(const kernels::Kernels& kernels, const ConvShape& shape, const float* weight,
             const float* bias);
  /// @param crop   rows left out before the first that is kept
  /// @param weight PyTorch's [in, out, kernel], bias [out]; kernel a multiple of the stride
  static HeightConv transposed(const kernels::Kernels& kernels, std::size_t in, std::size_t out,
                               std::size_t kernel, std::size_t stride, std::size_t crop,
                               const float* weight, const float* bias);

  /// That of one input position: a transposed one gives `stride` times its channels.
  const ConvShape& shape() const noexcept { return shape_; }
  bool isWinograd() const noexcept { return !parts_.empty(); }
  std::size_t outChannels() const noexcept { return channels_; }
  std::size_t bytes() const noexcept;
  /// Floats a worker.
  std::size_t scratchSize() const noexcept;
  /// Rows that rows() should be asked for, from a multiple of it.
  std::size_t rowsAtOnce() const noexcept;

  /// Output rows [first, first + count) of x [height, width, in]; not transposed. One thread.
  /// @param out      where row `first` lies
  /// @param epilogue activation and residual, nothing else; the residual laid out as out
  void rows(const float* x, std::size_t height, std::size_t width, std::size_t first,
            std::size_t count, float* out, const Epilogue& epilogue, float* scratch) const;

  /// Output rows [0, rows), shared among the pool.
  /// @param scratch scratchSize() floats a worker, `stride` apart
  void forward(const float* x, std::size_t height, std::size_t width, std::size_t rows, float* out,
               const Epilogue& epilogue, float* scratch, std::size_t stride,
               core::ThreadPool& pool) const;

 private:
  /// What gives every step-th output row; its taps are the points.
  struct Part {
    PackedMatrix weights;
    std::ptrdiff_t lead;  ///< first input row of its first output row
    std::size_t offset;   ///< its first output row
  };
  struct Task;
  template <typename WeightAt>
  void add(std::ptrdiff_t lead, std::size_t offset, std::size_t columns, WeightAt&& weightAt,
           const float* bias);
  std::size_t depth() const noexcept { return group_ * shape_.in; }
  std::size_t chunk() const noexcept;
  void transform(const Task& task, std::ptrdiff_t row) const;
  void multiply(const Task& task) const;
  void multiplyPanel(const Task& task, const Part& part, std::size_t panel,
                     std::size_t outputs) const;

  const kernels::Kernels* kernels_ = nullptr;
  ConvShape shape_;
  std::size_t channels_ = 0;  ///< of an output row's positions
  std::size_t group_ = 1;     ///< input rows that one tap takes
  std::size_t step_ = 1;      ///< output rows from one of a part to its next
  std::size_t crop_ = 0;
  std::vector<Conv> direct_;  ///< unless by Winograd; one a phase if transposed
  std::vector<Part> parts_;   ///< those of the same lead side by side
  core::AlignedBuffer<float> zeros_;
};

}  // namespace stemwright::nn
