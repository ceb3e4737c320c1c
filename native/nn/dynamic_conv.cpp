#include "nn/dynamic_conv.h"

#include <algorithm>

namespace stemwright::nn {

core::Result<std::span<const float>> DynamicConv::forward(const float* x, std::size_t height,
                                                          std::size_t width,
                                                          core::ThreadPool& pool) {
  const auto known = std::find_if(outputs_.begin(), outputs_.end(), [&](const Output& output) {
    return output.height == height && output.width == width;
  });
  if (known != outputs_.end()) {
    ++hits_;
    outputs_.splice(outputs_.begin(), outputs_, known);
  } else {
    const std::size_t rows = conv_.shape().outHeight(height);
    const std::size_t columns = conv_.shape().outWidth(width);
    if (rows == 0 || columns == 0) {
      return core::Error{core::ErrorCode::kInvalidArgument,
                         "convolution: the input is smaller than the kernel"};
    }
    ++misses_;
    if (outputs_.size() == capacity_) outputs_.pop_back();
    outputs_.push_front({height, width, core::Tensor({rows, columns, conv_.shape().out}), {}});
    outputs_.front().claim = {core::MemoryOwner::kCaches,
                              outputs_.front().tensor.size() * sizeof(float)};
  }
  core::Tensor& out = outputs_.front().tensor;
  conv_.forward(x, height, width, out.data(), pool);
  return std::span<const float>(out.span());
}

DynamicConv::CacheStats DynamicConv::cacheStats() const noexcept {
  CacheStats stats{hits_, misses_, outputs_.size(), 0};
  for (const Output& output : outputs_) stats.bytes += output.tensor.size() * sizeof(float);
  return stats;
}

}  // namespace stemwright::nn
