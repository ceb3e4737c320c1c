#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "core/result.h"

namespace stemwright::models {

/// A whole file mapped read-only. Must not be cut while it is mapped.
class MappedFile {
 public:
  /// @return kModel when the file cannot be opened or mapped
  static core::Result<MappedFile> open(const std::string& path);
  ~MappedFile();
  MappedFile(MappedFile&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

 private:
  explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
  std::span<const std::byte> bytes_;
};

}  // namespace stemwright::models
