#include "audio/thread_priority.h"

#if defined(_WIN32)
#include <windows.h>
#else
#include <pthread.h>
#include <sched.h>
#endif

namespace stemwright::audio {

void raiseThreadPriority() noexcept {
#if defined(_WIN32)
  SetThreadPriority(GetCurrentThread(), THREAD_PRIORITY_TIME_CRITICAL);
#elif !defined(__APPLE__)
  // Below the servers' own threads (JACK's default is 10 below its -P, PipeWire's 88).
  sched_param parameters{};
  parameters.sched_priority = 50;
  pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters);
#endif
}

}  // namespace stemwright::audio
