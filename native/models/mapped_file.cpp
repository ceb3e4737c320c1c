#include "models/mapped_file.h"

#include <cstring>
#include <system_error>

#if defined(_WIN32)
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

#include <filesystem>
#else
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#endif

namespace stemwright::models {
namespace {

core::Error cannotOpen(const std::string& path, const std::string& why) {
  return {core::ErrorCode::kModel, path + ": cannot read the weights: " + why};
}

}  // namespace

#if defined(_WIN32)

core::Result<MappedFile> MappedFile::open(const std::string& path) {
  const auto wide = std::filesystem::path(
      std::u8string(reinterpret_cast<const char8_t*>(path.data()), path.size()));
  const auto reason = [] {
    return std::system_category().message(static_cast<int>(GetLastError()));
  };
  const HANDLE file = CreateFileW(wide.c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr,
                                  OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, nullptr);
  if (file == INVALID_HANDLE_VALUE) return cannotOpen(path, reason());
  LARGE_INTEGER size;
  const bool known = GetFileSizeEx(file, &size) != 0 && size.QuadPart > 0;
  const HANDLE mapping =
      known ? CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr) : nullptr;
  const std::string why = mapping == nullptr ? (known ? reason() : "the file is empty") : "";
  CloseHandle(file);
  if (mapping == nullptr) return cannotOpen(path, why);
  const void* view = MapViewOfFile(mapping, FILE_MAP_READ, 0, 0, 0);
  const std::string viewError = view == nullptr ? reason() : "";
  CloseHandle(mapping);
  if (view == nullptr) return cannotOpen(path, viewError);
  return MappedFile({static_cast<const std::byte*>(view), static_cast<std::size_t>(size.QuadPart)});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) UnmapViewOfFile(bytes_.data());
}

#else

core::Result<MappedFile> MappedFile::open(const std::string& path) {
  const auto reason = [] { return std::generic_category().message(errno); };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return cannotOpen(path, reason());
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) {
    ::close(file);
    return cannotOpen(path, "it is empty or not a regular file");
  }
  const std::size_t size = static_cast<std::size_t>(status.st_size);
  void* view = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  const std::string why = view == MAP_FAILED ? reason() : "";
  ::close(file);
  if (view == MAP_FAILED) return cannotOpen(path, why);
  return MappedFile({static_cast<const std::byte*>(view), size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) {
    ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
  }
}

#endif

}  // namespace stemwright::models
