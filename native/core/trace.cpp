#include "core/trace.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/thread_local.h"

#if defined(__APPLE__)
#include <os/log.h>
#include <os/signpost.h>
#endif

namespace stemwright::core {
namespace {

struct Entry {
  TraceEvent event;
  std::atomic<bool> isWhole{false};
};

struct Recording {
  explicit Recording(std::size_t capacity) : entries(new Entry[capacity]), size(capacity) {}

  const std::unique_ptr<Entry[]> entries;
  const std::size_t size;
  std::atomic<std::size_t> used{0};
};

std::mutex control;
std::unique_ptr<Recording> owned;
std::atomic<Recording*> current{nullptr};
/// Threads that write into `current` at this moment: it is not destroyed under them.
std::atomic<int> writers{0};

std::atomic<unsigned> threads{0};
STEMWRIGHT_THREAD_LOCAL unsigned threadNumber = 0;

std::int64_t now() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

void record(const char* name, std::int64_t start, std::int64_t end, unsigned thread) noexcept {
  writers.fetch_add(1);
  if (Recording* const recording = current.load()) {
    const std::size_t index = recording->used.fetch_add(1, std::memory_order_relaxed);
    if (index < recording->size) {
      Entry& entry = recording->entries[index];
      entry.event = {name, start, end, thread};
      entry.isWhole.store(true, std::memory_order_release);
    }
  }
  writers.fetch_sub(1);
}

unsigned thisThread() noexcept {
  if (threadNumber == 0) threadNumber = threads.fetch_add(1) + 1;
  return threadNumber;
}

/// With `control` held.
std::unique_ptr<Recording> stop() {
  current.store(nullptr);
  while (writers.load() != 0) std::this_thread::yield();
  return std::move(owned);
}

#if defined(__APPLE__)
os_log_t signposts() {
  static const os_log_t log = os_log_create("stemwright", OS_LOG_CATEGORY_POINTS_OF_INTEREST);
  return log;
}
#endif

}  // namespace

void startTrace(std::size_t capacity) {
  const std::lock_guard lock(control);
  stop();
  owned = std::make_unique<Recording>(capacity);
  current.store(owned.get());
}

Trace takeTrace() {
  const std::lock_guard lock(control);
  const std::unique_ptr<Recording> recording = stop();
  Trace trace;
  trace.now = now();
  if (!recording) return trace;
  const std::size_t used = recording->used.load();
  const std::size_t kept = std::min(used, recording->size);
  trace.dropped = used - kept;
  for (std::size_t i = 0; i < kept; ++i) {
    const Entry& entry = recording->entries[i];
    if (entry.isWhole.load(std::memory_order_acquire)) trace.events.push_back(entry.event);
  }
  return trace;
}

bool isTracing() noexcept {
  return current.load(std::memory_order_relaxed) != nullptr;
}

std::int64_t traceClock() noexcept {
  return now();
}

void traceOnDevice(std::string_view name, std::int64_t start, std::int64_t end) {
  if (!isTracing()) return;
  static std::mutex mutex;
  static std::set<std::string, std::less<>> names;
  const char* kept = nullptr;
  {
    const std::lock_guard lock(mutex);
    auto found = names.find(name);
    if (found == names.end()) found = names.emplace(name).first;
    kept = found->c_str();
  }
  record(kept, start, end, 0);
}

TraceRegion::TraceRegion(const char* name) noexcept : name_(name) {
#if defined(__APPLE__)
  if (os_signpost_enabled(signposts())) {
    signpost_ = os_signpost_id_make_with_pointer(signposts(), this);
    os_signpost_interval_begin(signposts(), signpost_, "engine", "%{public}s", name);
  }
#endif
  if (isTracing()) start_ = now();
}

TraceRegion::~TraceRegion() {
#if defined(__APPLE__)
  if (signpost_ != 0) os_signpost_interval_end(signposts(), signpost_, "engine");
#endif
  if (start_ != 0) record(name_, start_, now(), thisThread());
}

}  // namespace stemwright::core
