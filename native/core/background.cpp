#include "core/background.h"

#include <algorithm>
#include <atomic>
#include <thread>

#if defined(_WIN32)
#include <windows.h>
#elif defined(__APPLE__)
#include <pthread/qos.h>
#else
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace stemwright::core {
namespace {

std::atomic<unsigned> reservations{0};

}  // namespace

void lowerThisThread() noexcept {
#if defined(_WIN32)
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_BELOW_NORMAL);
#elif defined(__APPLE__)
  pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
#else
  constexpr int kNice = 10;
  setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
#endif
}

CoreReservation::CoreReservation() noexcept {
  reservations.fetch_add(1, std::memory_order_relaxed);
}

CoreReservation::~CoreReservation() {
  reservations.fetch_sub(1, std::memory_order_relaxed);
}

unsigned backgroundThreads() noexcept {
  static const unsigned cores = std::max(1u, std::thread::hardware_concurrency());
  return reservations.load(std::memory_order_relaxed) == 0 ? cores : std::max(1u, cores - 1);
}

}  // namespace stemwright::core
