#ifndef _WIN32

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "pcm/raw_file.h"

namespace stemwright::pcm::raw {
namespace {

static_assert(sizeof(off_t) == 8, "tracks pass 4 GB");

/// Linux moves at most this many bytes a call; macOS refuses more than 2^31 − 1.
constexpr std::size_t kMostPerCall = 0x7ffff000;

std::error_code lastError() {
  return {errno, std::system_category()};
}

int descriptor(Handle handle) {
  return static_cast<int>(handle);
}

template <typename Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

}  // namespace

std::error_code open(const std::string& path, Access access, Handle& handle) {
  int flags = O_CLOEXEC;
  if (access == Access::kRead) flags |= O_RDONLY;
  if (access == Access::kUpdate) flags |= O_RDWR;
  if (access == Access::kCreate) flags |= O_RDWR | O_CREAT | O_TRUNC;
  const int opened = retried([&] { return ::open(path.c_str(), flags, 0666); });
  if (opened < 0) return lastError();
  handle = opened;
  return {};
}

void close(Handle handle) noexcept {
  ::close(descriptor(handle));
}

Transfer readAt(Handle handle, std::uint64_t offset, void* bytes, std::size_t count) {
  const ssize_t moved = retried([&] {
    return ::pread(descriptor(handle), bytes, std::min(count, kMostPerCall),
                   static_cast<off_t>(offset));
  });
  if (moved < 0) return {0, lastError()};
  return {static_cast<std::size_t>(moved), {}};
}

Transfer writeAt(Handle handle, std::uint64_t offset, const void* bytes, std::size_t count) {
  const ssize_t moved = retried([&] {
    return ::pwrite(descriptor(handle), bytes, std::min(count, kMostPerCall),
                    static_cast<off_t>(offset));
  });
  if (moved < 0) return {0, lastError()};
  return {static_cast<std::size_t>(moved), {}};
}

std::error_code size(Handle handle, std::uint64_t& bytes) {
  struct stat status {};
  if (::fstat(descriptor(handle), &status) != 0) return lastError();
  bytes = static_cast<std::uint64_t>(status.st_size);
  return {};
}

std::error_code resize(Handle handle, std::uint64_t bytes) {
  const int result =
      retried([&] { return ::ftruncate(descriptor(handle), static_cast<off_t>(bytes)); });
  return result == 0 ? std::error_code() : lastError();
}

std::error_code sync(Handle handle) {
  const int result = retried([&] { return ::fsync(descriptor(handle)); });
  return result == 0 ? std::error_code() : lastError();
}

bool isNoRoom(const std::error_code& error) {
  return error.value() == ENOSPC || error.value() == EDQUOT;
}

}  // namespace stemwright::pcm::raw

#endif
