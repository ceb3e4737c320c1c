// Replaces the C library's functions that an audio thread must not call by ones that look whether
// they are trapped, for this program and the libraries that it loads.
#include "tests/support/realtime_trap.h"

#include <atomic>

#include "tests/support/sanitizers.h"

namespace stemwright::testing {
namespace {

thread_local int trapped = 0;
std::atomic<std::uint64_t> count{0};
std::atomic<const char*> last{"nothing"};

}  // namespace

RealtimeTrap::RealtimeTrap() noexcept {
  ++trapped;
}
RealtimeTrap::~RealtimeTrap() {
  --trapped;
}

std::uint64_t offences() noexcept {
  return count;
}
std::string lastOffence() {
  return last.load();
}

void noteOffence(const char* what) noexcept {
  if (trapped == 0) return;
  count.fetch_add(1, std::memory_order_relaxed);
  last.store(what, std::memory_order_relaxed);
}

}  // namespace stemwright::testing

#if defined(__GLIBC__)
#define STEMWRIGHT_CAN_TRAP (!STEMWRIGHT_SANITIZED)
#else
#define STEMWRIGHT_CAN_TRAP 0
#endif

bool stemwright::testing::canTrap() noexcept {
  return STEMWRIGHT_CAN_TRAP != 0;
}

#if STEMWRIGHT_CAN_TRAP

#include <dlfcn.h>
#include <pthread.h>
#include <sys/types.h>
#include <time.h>

#include <cstddef>

using stemwright::testing::noteOffence;

extern "C" {

void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t bytes) noexcept {
  noteOffence("malloc");
  return __libc_malloc(bytes);
}
void* calloc(std::size_t count, std::size_t bytes) noexcept {
  noteOffence("calloc");
  return __libc_calloc(count, bytes);
}
void* realloc(void* pointer, std::size_t bytes) noexcept {
  noteOffence("realloc");
  return __libc_realloc(pointer, bytes);
}
void* aligned_alloc(std::size_t alignment, std::size_t bytes) noexcept {
  noteOffence("aligned_alloc");
  return __libc_memalign(alignment, bytes);
}
void free(void* pointer) noexcept {
  if (pointer != nullptr) noteOffence("free");
  __libc_free(pointer);
}

#define STEMWRIGHT_TRAP(result, name, parameters, arguments)                      \
  result name parameters {                                                        \
    static std::atomic<result(*) parameters> known{nullptr};                      \
    auto* function = known.load(std::memory_order_acquire);                       \
    if (function == nullptr) {                                                    \
      function = reinterpret_cast<result(*) parameters>(dlsym(RTLD_NEXT, #name)); \
      known.store(function, std::memory_order_release);                           \
    }                                                                             \
    noteOffence(#name);                                                           \
    return function arguments;                                                    \
  }

STEMWRIGHT_TRAP(int, pthread_mutex_lock, (pthread_mutex_t * mutex) noexcept, (mutex))
STEMWRIGHT_TRAP(int, pthread_rwlock_rdlock, (pthread_rwlock_t * lock) noexcept, (lock))
STEMWRIGHT_TRAP(int, pthread_rwlock_wrlock, (pthread_rwlock_t * lock) noexcept, (lock))
STEMWRIGHT_TRAP(int, nanosleep, (const timespec* time, timespec* left), (time, left))
STEMWRIGHT_TRAP(int, clock_nanosleep,
                (clockid_t clock, int flags, const timespec* time, timespec* left),
                (clock, flags, time, left))
STEMWRIGHT_TRAP(ssize_t, read, (int file, void* bytes, std::size_t count), (file, bytes, count))
STEMWRIGHT_TRAP(ssize_t, write, (int file, const void* bytes, std::size_t count),
                (file, bytes, count))
STEMWRIGHT_TRAP(ssize_t, pread, (int file, void* bytes, std::size_t count, off_t at),
                (file, bytes, count, at))

}  // extern "C"

#endif
