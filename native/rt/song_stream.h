#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "core/result.h"
#include "core/seq_lock.h"
#include "pcm/track.h"
#include "rt/page_cache.h"
#include "rt/rate_converter.h"

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
};

/// Where the audio thread reads, and where it will be next.
struct Playhead {
  std::int64_t position = 0;
  std::int64_t loopStart = 0;
  std::int64_t loopEnd = 0;  ///< 0: no loop
};

/// The tracks of a song, read ahead of the playhead by a thread of its own into constant memory.
/// Frames count at the output's rate from here on: tracks of another rate are converted as they
/// are read.
class SongStream {
 public:
  /// Opens the tracks. @return kInput when one cannot be read, or they differ in length
  static core::Result<std::unique_ptr<SongStream>> open(const SongSpec& spec, double outputRate);
  ~SongStream();
  SongStream(const SongStream&) = delete;
  SongStream& operator=(const SongStream&) = delete;

  std::size_t tracks() const noexcept { return tracks_.size(); }
  std::int64_t frames() const noexcept { return frames_; }
  const RateRatio& ratio() const noexcept { return ratio_; }

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

  SongStream(std::vector<Track> tracks, RateRatio ratio);
  void run();
  std::vector<PageCache::Page> wantedPages();
  bool fillFirstMissing(const std::vector<PageCache::Page>& wanted);
  void load(PageCache::Page page, float* samples);
  bool loadTrack(const Track& track, const std::vector<FrameRange>& finished, PageCache::Page page,
                 float* samples);
  bool readFrames(const Track& track, const std::vector<FrameRange>& finished, std::int64_t start,
                  std::size_t count);
  void outdate(const FrameRange& range);

  const std::vector<Track> tracks_;
  const RateRatio ratio_;
  const RateConverter converter_;
  const std::size_t sourceFrames_;
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

  std::vector<float> interleaved_;  ///< the reader's own
  std::vector<float> planar_;       ///< [2][frames] of one track, at its own rate
  std::thread thread_;
};

}  // namespace stemwright::rt
