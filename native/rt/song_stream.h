#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/memory_usage.h"
#include "core/result.h"
#include "core/seq_lock.h"
#include "pcm/track.h"
#include "rt/page_cache.h"
#include "rt/rate_converter.h"
#include "rt/time_stretch.h"
#include "rt/transport.h"

namespace stemwright::rt {

using FrameRange = std::pair<std::size_t, std::size_t>;

struct TrackSource {
  std::string path;
  std::size_t channels = 2;  ///< 1 or 2
  bool isGrowing = false;    ///< heard only where setFinished() says
};

struct SongSpec {
  std::vector<TrackSource> tracks;  ///< all of the same length
  double rate = 0;
  TimePitch timePitch = {};
};

/// Where the audio thread reads, and where it will be next.
struct Playhead {
  std::int64_t position = 0;
  std::int64_t loopStart = 0;
  std::int64_t loopEnd = 0;  ///< 0: no loop
  bool isMoving = false;
  std::array<std::int64_t, kMostFading> fading{-1, -1, -1};  ///< also heard, for some milliseconds

  /// Whether a page is heard now, or may be in the next block.
  bool isIn(PageCache::Page page) const noexcept;
};

/// The tracks of a song, read ahead of the playhead by a thread of its own into constant memory;
/// into less for a while when the machine runs short of it.
/// Frames are those that are heard, at the output's rate and the song's speed: tracks of another
/// rate are converted, and those of another pitch or tempo stretched, as they are read.
class SongStream {
 public:
  /// Opens the tracks. @return kInput when one cannot be read, or they differ in length
  static core::Result<std::unique_ptr<SongStream>> open(const SongSpec& spec, double outputRate);
  ~SongStream();
  SongStream(const SongStream&) = delete;
  SongStream& operator=(const SongStream&) = delete;

  std::size_t tracks() const noexcept { return tracks_.size(); }
  std::int64_t frames() const noexcept { return frames_; }
  const TimePitch& timePitch() const noexcept { return timePitch_; }
  /// The heard frame at a frame of the tracks, at their own rate.
  std::int64_t toHeard(std::int64_t frame) const noexcept;

  /// [audio-thread]
  PageCache& pages() noexcept { return pages_; }
  void moveTo(const Playhead& playhead) noexcept { playhead_.store(playhead); }

  /// The frames, at the tracks' own rate, that are final in growing tracks; ascending, merged.
  /// [thread-safe, like all that follow]
  void setFinished(std::vector<FrameRange> ranges);
  /// Tracks have changed on disk in these frames of their own rate.
  void refresh(FrameRange range);
  /// The playhead will soon be there too.
  void expect(std::int64_t position);
  /// Waits until what is at a position is in memory; false when that took too long.
  bool waitFor(std::int64_t position, double seconds);
  /// Pages that could not be read and play as silence.
  std::uint64_t readFaults() const noexcept { return readFaults_.load(std::memory_order_relaxed); }

 private:
  struct Track {
    pcm::Track file;
    bool isGrowing;
  };

  /// A stretched page, as long as it is in memory.
  struct Stretched {
    std::uint64_t run;          ///< pages of one run have no seam between them
    std::vector<float> beyond;  ///< [tracks][2][kSeamFrames] that follow it in its run
  };
  static constexpr std::size_t kSeamFrames = 256;

  SongStream(std::vector<Track> tracks, const SongSpec& spec, double outputRate);
  void run();
  std::size_t giveBack();
  std::vector<PageCache::Page> wantedPages();
  bool fillFirstMissing(const std::vector<PageCache::Page>& wanted);
  void load(PageCache::Page page, float* samples);
  void loadStretched(PageCache::Page page, float* samples);
  void noteOutdated();
  void dropStretched(PageCache::Page page);
  bool loadTracks(std::int64_t first, std::size_t count, float* samples);
  bool loadTrack(const Track& track, const std::vector<FrameRange>& finished, std::int64_t first,
                 std::size_t count, float* samples);
  bool readFrames(const Track& track, const std::vector<FrameRange>& finished, std::int64_t start,
                  std::size_t count);
  void outdate(const FrameRange& range);

  const std::vector<Track> tracks_;
  const double rate_;  ///< the tracks'
  const RateRatio ratio_;
  const RateConverter converter_;
  const std::size_t sourceFrames_;
  const TimePitch timePitch_;
  const std::int64_t frames_;
  PageCache pages_;
  core::SeqLock<Playhead> playhead_;
  std::atomic<std::uint64_t> readFaults_{0};

  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable filled_;
  bool stopping_ = false;
  std::optional<std::int64_t> expected_;
  bool isExpectedThere_ = false;
  std::vector<FrameRange> finished_;
  std::vector<std::pair<PageCache::Page, PageCache::Page>> outdated_;
  bool mustShrink_ = false;
  std::optional<std::size_t> given_;  ///< bytes, once that is done
  std::chrono::steady_clock::time_point shortUntil_ = std::chrono::steady_clock::time_point::min();

  // The reader's own.
  std::unique_ptr<TimeStretch> stretch_;  ///< null: pitch and tempo are the song's
  std::uint64_t run_ = 0;
  std::map<PageCache::Page, Stretched> stretched_;
  std::vector<float> interleaved_;
  std::vector<float> planar_;  ///< [2][frames] of one track, at its own rate
  std::thread thread_;
  core::PressureRelief relief_{[this](core::PressureLevel) { return giveBack(); }};
};

}  // namespace stemwright::rt
