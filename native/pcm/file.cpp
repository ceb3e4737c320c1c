#include "pcm/file.h"

#include <filesystem>
#include <utility>

namespace stemwright::pcm {
namespace {

using core::Error;
using core::ErrorCode;

Error readError(const std::string& path, const std::string& why) {
  return {ErrorCode::kInput, "cannot read " + path + ": " + why};
}

Error writeError(const std::string& path, const std::error_code& error) {
  const ErrorCode code = raw::isNoRoom(error) ? ErrorCode::kNoRoom : ErrorCode::kOutput;
  return {code, "cannot write " + path + ": " + error.message()};
}

}  // namespace

core::Result<File> File::open(std::string path, Access access) {
  raw::Handle handle = raw::kClosed;
  if (const std::error_code error = raw::open(path, access, handle)) {
    if (access == Access::kRead) return readError(path, error.message());
    return writeError(path, error);
  }
  return File(std::move(path), handle);
}

File::~File() {
  if (handle_ != raw::kClosed) raw::close(handle_);
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), handle_(std::exchange(other.handle_, raw::kClosed)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(handle_, other.handle_);
  return *this;
}

core::Status File::readAt(std::uint64_t offset, std::span<std::byte> bytes) const {
  while (!bytes.empty()) {
    const raw::Transfer transfer = raw::readAt(handle_, offset, bytes.data(), bytes.size());
    if (transfer.error) return readError(path_, transfer.error.message());
    if (transfer.bytes == 0) {
      return readError(path_, "it ends at byte " + std::to_string(offset) + ", " +
                                  std::to_string(bytes.size()) + " bytes short");
    }
    offset += transfer.bytes;
    bytes = bytes.subspan(transfer.bytes);
  }
  return {};
}

core::Status File::writeAt(std::uint64_t offset, std::span<const std::byte> bytes) const {
  while (!bytes.empty()) {
    const raw::Transfer transfer = raw::writeAt(handle_, offset, bytes.data(), bytes.size());
    if (transfer.error) return writeError(path_, transfer.error);
    if (transfer.bytes == 0) return writeError(path_, make_error_code(std::errc::io_error));
    offset += transfer.bytes;
    bytes = bytes.subspan(transfer.bytes);
  }
  return {};
}

core::Result<std::uint64_t> File::size() const {
  std::uint64_t bytes = 0;
  if (const std::error_code error = raw::size(handle_, bytes)) {
    return readError(path_, error.message());
  }
  return bytes;
}

core::Status File::resize(std::uint64_t bytes) const {
  if (const std::error_code error = raw::resize(handle_, bytes)) return writeError(path_, error);
  return {};
}

core::Status File::sync() const {
  if (const std::error_code error = raw::sync(handle_)) return writeError(path_, error);
  return {};
}

bool isSameFile(const std::string& a, const std::string& b) {
  const auto native = [](const std::string& path) {
    return std::filesystem::path(std::u8string(path.begin(), path.end()));
  };
  std::error_code absent;
  return std::filesystem::equivalent(native(a), native(b), absent);
}

}  // namespace stemwright::pcm
