#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gpu/shader.h"

namespace stemwright::gpu {

/// Memory of a device. Given back when the last owner goes.
class Buffer {
 public:
  virtual ~Buffer() = default;
  virtual std::size_t bytes() const noexcept = 0;

 protected:
  Buffer() = default;
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
};

/// What a dispatch reads or writes: a range of a buffer, or of what each execution brings or takes.
struct Binding {
  enum class Source { kBuffer, kInput, kOutput };
  Source source = Source::kBuffer;
  std::shared_ptr<Buffer> buffer;  ///< with kBuffer
  std::size_t offset = 0;          ///< bytes; a multiple of kOffsetAlignment
  std::size_t bytes = 0;

  static Binding input(std::size_t bytes) { return {Source::kInput, nullptr, 0, bytes}; }
  static Binding output(std::size_t bytes) { return {Source::kOutput, nullptr, 0, bytes}; }
};

/// Every device takes offsets at multiples of this.
inline constexpr std::size_t kOffsetAlignment = 256;

/// One run of a shader.
struct Dispatch {
  static constexpr std::size_t kMostArgBytes = 128;

  std::string label;  ///< as the trace and the benchmark name it
  const Shader* shader = nullptr;
  std::vector<Binding> bindings;  ///< shader->buffers of them
  std::array<std::byte, kMostArgBytes> args{};
  std::array<std::uint32_t, 3> groups{1, 1, 1};
  double operations = 0;  ///< multiplications and additions
  double bytes = 0;       ///< read and written, each once

  template <typename Args>
  void setArgs(const Args& values) {
    static_assert(sizeof(Args) <= kMostArgBytes);
    std::memcpy(args.data(), &values, sizeof(Args));
  }
};

/// Work in steps: dispatches of one step may run at the same time, each step sees what the ones
/// before it wrote.
class Recording {
 public:
  /// A step of its own.
  void add(Dispatch dispatch) { steps_.push_back({std::move(dispatch)}); }
  /// Beside the last step's.
  void addBeside(Dispatch dispatch) { steps_.back().push_back(std::move(dispatch)); }
  /// Two independent recordings, step by step beside each other.
  void addBoth(Recording a, Recording b) {
    const std::size_t most = std::max(a.steps_.size(), b.steps_.size());
    for (std::size_t i = 0; i < most; ++i) {
      std::vector<Dispatch>& step = steps_.emplace_back();
      for (Recording* one : {&a, &b}) {
        if (i >= one->steps_.size()) continue;
        for (Dispatch& dispatch : one->steps_[i]) step.push_back(std::move(dispatch));
      }
    }
  }
  void append(Recording next) {
    for (auto& step : next.steps_) steps_.push_back(std::move(step));
  }

  const std::vector<std::vector<Dispatch>>& steps() const noexcept { return steps_; }

 private:
  std::vector<std::vector<Dispatch>> steps_;
};

}  // namespace stemwright::gpu
