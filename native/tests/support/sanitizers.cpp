#include "tests/support/sanitizers.h"

#if defined(__linux__) && STEMWRIGHT_SANITIZED

/// Libraries stay loaded: what the statics of a graphics driver point to would count as leaked
/// once the driver is gone.
extern "C" __attribute__((visibility("default"))) int dlclose(void*) {
  return 0;
}

/// What ThreadSanitizer cannot see: the C++ library, which is not built for it, counts who holds an
/// exception by atomics; the memory of JACK's ports goes from client to client through the server,
/// which is another process; and Mesa's software Vulkan is not built for it either.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n"
         "race:stemwright::testing::JackClient::process\n"
         "race:libvulkan_lvp.so\n";
}

#endif
