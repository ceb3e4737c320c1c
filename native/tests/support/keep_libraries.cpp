// Under a sanitizer libraries stay loaded: what the statics of a graphics driver point to would
// count as leaked once the driver is gone.
#include "tests/support/sanitizers.h"

#if defined(__linux__) && STEMWRIGHT_SANITIZED
extern "C" __attribute__((visibility("default"))) int dlclose(void*) {
  return 0;
}
#endif
