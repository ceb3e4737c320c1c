#include "tests/support/sanitizers.h"

#if STEMWRIGHT_SANITIZED

/// What ThreadSanitizer cannot see: the memory of JACK's ports goes from client to client through
/// the server, which is another process; and Mesa's software Vulkan is not built for it.
extern "C" __attribute__((visibility("default"))) const char* __tsan_default_suppressions() {
  return "race:stemwright::testing::JackClient::process\n"
         "race:libvulkan_lvp.so\n";
}

#endif
