#pragma once

#include <napi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace stemwright::addon {

/// A JS value under the name that a caller knows it by. Each reader throws a TypeError that names
/// it when the value is of another type. [js-thread]
class Argument {
 public:
  Argument(Napi::Value value, std::string name) : value_(value), name_(std::move(name)) {}
  /// The argument at `index` of a call; undefined when it was left out.
  static Argument of(const Napi::CallbackInfo& info, std::size_t index, const char* name);

  bool isAbsent() const { return value_.IsUndefined() || value_.IsNull(); }

  bool isText() const { return value_.IsString(); }
  std::string text() const;
  /// Text without a NUL, as a file name must be.
  std::string path() const;
  bool flag() const;
  /// Any finite number.
  double number() const;
  /// A whole number from 0 to `most`, which is at most 2^53 − 1.
  std::uint64_t whole(std::uint64_t most = kMostWhole) const;
  std::size_t size() const { return static_cast<std::size_t>(whole()); }
  Napi::Object object() const;
  Napi::Function function() const;
  std::vector<std::byte> bytes() const;
  /// A Float32Array's own memory, for the length of the call.
  std::span<float> floats() const;
  /// The same of exactly that many values.
  std::span<float> floats(std::size_t count) const;

  /// A property of an object.
  Argument operator[](const char* key) const;
  std::vector<Argument> elements() const;

  [[noreturn]] void refuse(const std::string& expected) const;

 private:
  static constexpr std::uint64_t kMostWhole = (std::uint64_t{1} << 53) - 1;

  Napi::Value value_;
  std::string name_;
};

}  // namespace stemwright::addon
