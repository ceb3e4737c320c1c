#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <system_error>

/// The handful of system calls that File stands on, one source per platform.
/// A handle is never negative when it is open.
namespace stemwright::pcm::raw {

using Handle = std::intptr_t;
inline constexpr Handle kClosed = -1;

enum class Access { kRead, kUpdate, kCreate };

/// Outcome of one call that may move fewer bytes than asked. Zero bytes without an error from
/// readAt means the end of the file.
struct Transfer {
  std::size_t bytes = 0;
  std::error_code error;
};

std::error_code open(const std::string& path, Access access, Handle& handle);
void close(Handle handle) noexcept;
Transfer readAt(Handle handle, std::uint64_t offset, void* bytes, std::size_t count);
Transfer writeAt(Handle handle, std::uint64_t offset, const void* bytes, std::size_t count);
std::error_code size(Handle handle, std::uint64_t& bytes);
std::error_code resize(Handle handle, std::uint64_t bytes);
std::error_code sync(Handle handle);

/// Whether the error says that the disk or the user's quota is full.
bool isNoRoom(const std::error_code& error);

}  // namespace stemwright::pcm::raw
