#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/result.h"
#include "pcm/raw_file.h"

namespace stemwright::pcm {

/// An open file, read and written at byte positions. Paths are UTF-8; offsets are 64-bit.
/// Failed reads are kInput, failed writes kOutput, or kNoRoom when the disk or quota is full.
/// [thread-safe: calls on disjoint ranges; not against move or destruction]
class File {
 public:
  using Access = raw::Access;

  /// kCreate empties what is there, kUpdate reads and writes an existing file.
  static core::Result<File> open(std::string path, Access access);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;

  /// Fills all of `bytes`; a file that ends before is an error.
  core::Status readAt(std::uint64_t offset, std::span<std::byte> bytes) const;
  core::Status writeAt(std::uint64_t offset, std::span<const std::byte> bytes) const;
  core::Result<std::uint64_t> size() const;
  /// Grows sparsely (zeros that take no room) or cuts.
  core::Status resize(std::uint64_t bytes) const;
  /// Returns once the bytes are on the disk.
  core::Status sync() const;

  const std::string& path() const noexcept { return path_; }

 private:
  File(std::string path, raw::Handle handle) : path_(std::move(path)), handle_(handle) {}

  std::string path_;
  raw::Handle handle_ = raw::kClosed;
};

/// Whether two paths lead to one existing file.
bool isSameFile(const std::string& a, const std::string& b);

}  // namespace stemwright::pcm
