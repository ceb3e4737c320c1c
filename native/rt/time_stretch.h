#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "core/result.h"
#include "rt/time_pitch.h"

namespace stemwright::rt {

struct SoundTouch;

/// Changes pitch and tempo of a song's tracks, up to seven of them with the same cuts, so that
/// stems still add up to their mix. It allocates as it goes. [one thread, never the audio thread]
/// Frame n of what comes out is heard where the song is at n * speed, to half a millisecond,
/// however long it has run, but for what is SoundTouch's own. Within a cut (40 to 90 ms) time runs
/// at the song's pace, or the pitch's, so that at the ends of one it is off by |1 - pace| of half
/// the cut: 22 ms of the song at speed 0.5. And a cut is laid where it fits the one before best, at
/// most 10 ms either way: beats lie 1 to 2 ms, noise 4 ms early on average close to the song's own
/// speed.
class TimeStretch {
 public:
  /// Fills `samples`, [tracks][2][count], with the song's frames from `first` on, silence outside
  /// it; false when they cannot be read.
  using Source = std::function<bool(std::int64_t first, std::size_t count, float* samples)>;

  /// @return kOutput without SoundTouch
  static core::Status isAvailable();
  /// @return kOutput without SoundTouch
  static core::Result<std::unique_ptr<TimeStretch>> create(std::size_t tracks, double rate,
                                                           const TimePitch& timePitch,
                                                           Source source);
  ~TimeStretch();
  TimeStretch(const TimeStretch&) = delete;
  TimeStretch& operator=(const TimeStretch&) = delete;

  /// The frame after the last that was read: reading on from there has no seam.
  std::int64_t next() const noexcept { return next_; }
  /// Goes to a frame, with a start before it that is not heard. @return what the source said
  bool seek(std::int64_t frame);
  /// The next frames, into [tracks][2][count]; and those after them into `ahead`,
  /// [tracks][2][aheadCount], which are still the next to be read.
  bool read(std::size_t count, float* samples, std::size_t aheadCount, float* ahead);

 private:
  struct Group {
    void* instance;
    std::size_t firstTrack;
    std::size_t tracks;
  };

  TimeStretch(const SoundTouch& library, std::size_t tracks, double rate,
              const TimePitch& timePitch, Source source)
      : library_(library),
        tracks_(tracks),
        rate_(rate),
        timePitch_(timePitch),
        source_(std::move(source)) {}

  void addGroup(std::size_t firstTrack, std::size_t tracks);
  bool fill(std::size_t frames);
  bool feed();
  void drop(std::size_t frames);
  double lag() const;

  const SoundTouch& library_;
  const std::size_t tracks_;
  const double rate_;
  const TimePitch timePitch_;
  const Source source_;
  std::vector<Group> groups_;
  std::int64_t next_ = -1;
  std::int64_t fed_ = 0;  ///< the next frame of the song that goes in
  std::vector<float> planar_;
  std::vector<float> interleaved_;
  std::vector<std::vector<float>> ready_;  ///< of each channel, from next_ on
};

}  // namespace stemwright::rt
