#ifdef _WIN32

#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <winioctl.h>

#include <algorithm>
#include <string>

#include "pcm/raw_file.h"

namespace stemwright::pcm::raw {
namespace {

constexpr std::size_t kMostPerCall = 0x40000000;
constexpr int kDiskQuotaExceeded = 1295;  // not in every SDK's winerror.h

std::error_code lastError() {
  return {static_cast<int>(GetLastError()), std::system_category()};
}

HANDLE native(Handle handle) {
  return reinterpret_cast<HANDLE>(handle);
}

std::wstring widePath(const std::string& utf8) {
  const int length = static_cast<int>(utf8.size());
  const int needed =
      MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), length, nullptr, 0);
  std::wstring wide(static_cast<std::size_t>(needed), L'\0');
  MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, utf8.data(), length, wide.data(), needed);
  return wide;
}

OVERLAPPED position(std::uint64_t offset) {
  OVERLAPPED at{};
  at.Offset = static_cast<DWORD>(offset & 0xffffffffu);
  at.OffsetHigh = static_cast<DWORD>(offset >> 32);
  return at;
}

}  // namespace

std::error_code open(const std::string& path, Access access, Handle& handle) {
  const DWORD rights = access == Access::kRead ? GENERIC_READ : GENERIC_READ | GENERIC_WRITE;
  const DWORD disposition = access == Access::kCreate ? CREATE_ALWAYS : OPEN_EXISTING;
  const DWORD sharing = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
  const HANDLE opened = CreateFileW(widePath(path).c_str(), rights, sharing, nullptr, disposition,
                                    FILE_ATTRIBUTE_NORMAL, nullptr);
  if (opened == INVALID_HANDLE_VALUE) return lastError();
  if (access == Access::kCreate) {
    DWORD returned = 0;
    DeviceIoControl(opened, FSCTL_SET_SPARSE, nullptr, 0, nullptr, 0, &returned, nullptr);
  }
  handle = reinterpret_cast<Handle>(opened);
  return {};
}

void close(Handle handle) noexcept {
  CloseHandle(native(handle));
}

Transfer readAt(Handle handle, std::uint64_t offset, void* bytes, std::size_t count) {
  OVERLAPPED at = position(offset);
  DWORD moved = 0;
  const auto wanted = static_cast<DWORD>(std::min(count, kMostPerCall));
  if (!ReadFile(native(handle), bytes, wanted, &moved, &at)) {
    if (GetLastError() == ERROR_HANDLE_EOF) return {};
    return {0, lastError()};
  }
  return {moved, {}};
}

Transfer writeAt(Handle handle, std::uint64_t offset, const void* bytes, std::size_t count) {
  OVERLAPPED at = position(offset);
  DWORD moved = 0;
  const auto wanted = static_cast<DWORD>(std::min(count, kMostPerCall));
  if (!WriteFile(native(handle), bytes, wanted, &moved, &at)) return {0, lastError()};
  return {moved, {}};
}

std::error_code size(Handle handle, std::uint64_t& bytes) {
  LARGE_INTEGER length{};
  if (!GetFileSizeEx(native(handle), &length)) return lastError();
  bytes = static_cast<std::uint64_t>(length.QuadPart);
  return {};
}

std::error_code resize(Handle handle, std::uint64_t bytes) {
  FILE_END_OF_FILE_INFO end{};
  end.EndOfFile.QuadPart = static_cast<LONGLONG>(bytes);
  if (!SetFileInformationByHandle(native(handle), FileEndOfFileInfo, &end, sizeof end)) {
    return lastError();
  }
  return {};
}

std::error_code sync(Handle handle) {
  return FlushFileBuffers(native(handle)) ? std::error_code() : lastError();
}

bool isNoRoom(const std::error_code& error) {
  return error.value() == ERROR_DISK_FULL || error.value() == ERROR_HANDLE_DISK_FULL ||
         error.value() == kDiskQuotaExceeded;
}

}  // namespace stemwright::pcm::raw

#endif
