#include "core/shared_library.h"

#include <cfenv>
#include <string>

#if defined(_WIN32)
#include <windows.h>
#else
#include <dlfcn.h>
#endif

namespace stemwright::core {
namespace {

/// Libraries that were built for fast mathematics make numbers near 0 be 0 on the thread that opens
/// them, for good.
class KeepArithmetic {
 public:
  KeepArithmetic() { std::fegetenv(&saved_); }
  ~KeepArithmetic() { std::fesetenv(&saved_); }

 private:
  std::fenv_t saved_{};
};

}  // namespace

#if defined(_WIN32)

void* openLibrary(const char* name) {
  const KeepArithmetic keep;
  HMODULE self = nullptr;
  GetModuleHandleExA(
      GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT,
      reinterpret_cast<const char*>(&openLibrary), &self);
  char path[MAX_PATH] = {};
  const std::string own(path, GetModuleFileNameA(self, path, MAX_PATH));
  const std::string beside = own.substr(0, own.find_last_of("\\/") + 1) + name;
  if (HMODULE library = LoadLibraryA(beside.c_str())) return library;
  return LoadLibraryA(name);
}

void* symbolOf(void* library, const char* name) {
  return reinterpret_cast<void*>(GetProcAddress(static_cast<HMODULE>(library), name));
}

#else

void* openLibrary(const char* name) {
  const KeepArithmetic keep;
  Dl_info own{};
  if (name[0] != '/' && dladdr(reinterpret_cast<void*>(&openLibrary), &own) != 0) {
    const std::string path = own.dli_fname;
    const std::string beside = path.substr(0, path.rfind('/') + 1) + name;
    if (void* const library = dlopen(beside.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  }
  return dlopen(name, RTLD_NOW | RTLD_LOCAL);
}

void* symbolOf(void* library, const char* name) {
  return dlsym(library, name);
}

#endif

}  // namespace stemwright::core
