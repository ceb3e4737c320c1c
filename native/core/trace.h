#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace stemwright::core {

/// A named stretch of time on one thread.
struct TraceEvent {
  const char* name;
  std::int64_t start;  ///< ns of the steady clock
  std::int64_t end;
  unsigned thread;  ///< 1 and up, in the order in which threads came to a region; 0: the GPU
};

struct Trace {
  std::vector<TraceEvent> events;
  std::uint64_t dropped = 0;  ///< events that there was no room for
  std::int64_t now = 0;       ///< ns of the steady clock, as it was taken
};

/// Begins to record up to `capacity` regions; what was recorded before is gone. [not audio-thread]
void startTrace(std::size_t capacity);
/// Ends recording. [not audio-thread]
Trace takeTrace();
bool isTracing() noexcept;
/// Now, as in TraceEvent.
std::int64_t traceClock() noexcept;
/// Work of the GPU, whose own clock has told how long it took. @param name is kept for good
/// [not audio-thread]
void traceOnDevice(std::string_view name, std::int64_t start, std::int64_t end);

/// Marks its own life as a region, in the trace that is being recorded and, on macOS, as an
/// os_signpost interval for Instruments. Costs one load when nobody looks; neither locks nor
/// allocates when somebody does. [audio-thread]
class TraceRegion {
 public:
  /// @param name a literal
  explicit TraceRegion(const char* name) noexcept;
  ~TraceRegion();
  TraceRegion(const TraceRegion&) = delete;
  TraceRegion& operator=(const TraceRegion&) = delete;

 private:
  const char* name_;
  std::int64_t start_ = 0;
  std::uint64_t signpost_ = 0;
};

}  // namespace stemwright::core
