#include "tests/support/sanitizers.h"

#if defined(__linux__) && STEMWRIGHT_SANITIZED

/// Libraries stay loaded: what the statics of a graphics driver point to would count as leaked
/// once the driver is gone.
extern "C" __attribute__((visibility("default"))) int dlclose(void*) {
  return 0;
}

/// The C++ library, which is not built for ThreadSanitizer, counts who holds an exception by
/// atomics that it cannot see.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:std::__exception_ptr::exception_ptr::_M_release\n";
}

#endif
