#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <span>

#include "core/memory_usage.h"
#include "core/result.h"
#include "core/tensor.h"
#include "core/thread_pool.h"
#include "nn/shaped_conv.h"

namespace stemwright::nn {

/// A convolution for inputs of changing size: it owns its outputs and keeps one for each of the
/// sizes used last, so that only a size not seen lately allocates. One call at a time.
class DynamicConv {
 public:
  struct CacheStats {
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
    std::size_t entries = 0;
    std::size_t bytes = 0;
  };
  static constexpr std::size_t kDefaultCapacity = 8;

  /// @param capacity outputs that are kept, at least 1
  explicit DynamicConv(ShapedConv conv, std::size_t capacity = kDefaultCapacity)
      : conv_(std::move(conv)), capacity_(capacity == 0 ? 1 : capacity) {}

  /// @param x [height, width, in]; one-dimensional: height 1
  /// @return [outHeight, outWidth, out] until `capacity` other sizes have been used;
  ///         kInvalidArgument when the input is smaller than the kernel
  core::Result<std::span<const float>> forward(const float* x, std::size_t height,
                                               std::size_t width, core::ThreadPool& pool);

  ConvVariant variant() const noexcept { return conv_.variant(); }
  CacheStats cacheStats() const noexcept;
  /// Gives all outputs back, as when memory is short; what forward() returned is gone.
  void releaseCache() noexcept { outputs_.clear(); }

 private:
  struct Output {
    std::size_t height;
    std::size_t width;
    core::Tensor tensor;
    core::MemoryClaim claim;
  };

  ShapedConv conv_;
  std::size_t capacity_;
  std::list<Output> outputs_;  ///< the one used last in front
  std::uint64_t hits_ = 0;
  std::uint64_t misses_ = 0;
};

}  // namespace stemwright::nn
