#include "rt/song_stream.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <span>

#include "rt/limits.h"

namespace stemwright::rt {
namespace {

using core::Error;
using core::ErrorCode;
using Page = PageCache::Page;

constexpr auto kPageFrames = static_cast<std::int64_t>(PageCache::kPageFrames);
constexpr std::size_t kPages = 64;
constexpr std::size_t kReadAhead = 40;    ///< pages after the playhead
constexpr std::size_t kReadLittle = 12;   ///< the same while memory is short: a second
constexpr std::size_t kReadExpected = 8;  ///< pages after where it is expected
constexpr std::size_t kUrgent = 4;        ///< of those after the playhead, before the expected
constexpr auto kPollPeriod = std::chrono::milliseconds(10);
constexpr auto kShort = std::chrono::seconds(30);  ///< how long little is read after a shortage
constexpr auto kMostWait = std::chrono::seconds(1);
/// Frames about a change on disk whose sound it reaches: through the edges of what is final, and
/// through the converter's filter.
constexpr std::size_t kReach = 2048;
/// The same through the cuts of a changed tempo, in seconds.
constexpr double kStretchReachSeconds = 0.3;
/// Frames that a fade may still need.
constexpr std::int64_t kFadeReach = 2048;

Page pageOf(std::int64_t frame) {
  return std::max<std::int64_t>(0, frame) / kPageFrames;
}

/// What is in `now` but not in `before`; both ascending and merged.
std::vector<FrameRange> added(const std::vector<FrameRange>& before,
                              const std::vector<FrameRange>& now) {
  std::vector<FrameRange> fresh;
  for (const auto& [begin, end] : now) {
    std::size_t from = begin;
    for (const auto& [knownBegin, knownEnd] : before) {
      if (knownEnd <= from || knownBegin >= end) continue;
      if (knownBegin > from) fresh.emplace_back(from, knownBegin);
      from = knownEnd;
    }
    if (from < end) fresh.emplace_back(from, end);
  }
  return fresh;
}

/// How loud a frame of a growing track is: nothing outside what is final, a short way up inside.
float shareOf(std::size_t frame, const std::vector<FrameRange>& finished, std::size_t songFrames,
              double fadeFrames) {
  for (const auto& [begin, end] : finished) {
    if (frame < begin || frame >= end) continue;
    const double in = begin == 0 ? fadeFrames : static_cast<double>(frame - begin + 1);
    const double out = end == songFrames ? fadeFrames : static_cast<double>(end - frame);
    return static_cast<float>(std::min({1.0, in / fadeFrames, out / fadeFrames}));
  }
  return 0;
}

}  // namespace

core::Result<std::unique_ptr<SongStream>> SongStream::open(const SongSpec& spec,
                                                           double outputRate) {
  if (spec.tracks.empty() || spec.tracks.size() > kMostStrips) {
    return Error{ErrorCode::kInvalidArgument,
                 "a song has 1 to " + std::to_string(kMostStrips) + " tracks to play"};
  }
  if (!(spec.rate >= 1) || !(outputRate >= 1)) {
    return Error{ErrorCode::kInvalidArgument, "a song needs a sample rate"};
  }
  std::vector<Track> tracks;
  for (const TrackSource& source : spec.tracks) {
    if (source.channels != 1 && source.channels != 2) {
      return Error{ErrorCode::kInvalidArgument, source.path + ": only mono and stereo play"};
    }
    auto file = pcm::Track::open(source.path, source.channels);
    if (!file) return file.error();
    if (!tracks.empty() && file.value().frames() != tracks.front().file.frames()) {
      return Error{ErrorCode::kInput, source.path + " is not as long as the other tracks"};
    }
    tracks.push_back({std::move(file).value(), source.isGrowing});
  }
  std::unique_ptr<SongStream> stream(new SongStream(std::move(tracks), spec, outputRate));
  if (!spec.timePitch.isNone()) {
    auto stretch = TimeStretch::create(
        stream->tracks(), outputRate, spec.timePitch,
        [raw = stream.get()](std::int64_t first, std::size_t count, float* samples) {
          return raw->loadTracks(first, count, samples);
        });
    if (!stretch) return stretch.error();
    stream->stretch_ = std::move(stretch).value();
  }
  stream->thread_ = std::thread([raw = stream.get()] { raw->run(); });
  return stream;
}

SongStream::SongStream(std::vector<Track> tracks, const SongSpec& spec, double outputRate)
    : tracks_(std::move(tracks)),
      rate_(spec.rate),
      ratio_(RateRatio::of(spec.rate, outputRate)),
      converter_(ratio_),
      sourceFrames_(tracks_.front().file.frames()),
      timePitch_(spec.timePitch),
      frames_(toHeard(static_cast<std::int64_t>(sourceFrames_))),
      pages_(tracks_.size(), kPages) {}

SongStream::~SongStream() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  filled_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::int64_t SongStream::toHeard(std::int64_t frame) const noexcept {
  const std::int64_t output = ratio_.toOutput(frame);
  if (timePitch_.speed == 1) return output;
  return std::llround(static_cast<double>(output) / timePitch_.speed);
}

void SongStream::setFinished(std::vector<FrameRange> ranges) {
  const std::lock_guard lock(mutex_);
  for (const FrameRange& range : added(finished_, ranges)) outdate(range);
  for (const FrameRange& range : added(ranges, finished_)) outdate(range);
  finished_ = std::move(ranges);
  wake_.notify_one();
}

void SongStream::refresh(FrameRange range) {
  const std::lock_guard lock(mutex_);
  outdate(range);
  wake_.notify_one();
}

/// Notes it for the reader, which alone may touch the pages. Under the lock.
void SongStream::outdate(const FrameRange& range) {
  std::size_t reach = kReach;
  if (stretch_) reach += static_cast<std::size_t>(kStretchReachSeconds * rate_);
  const std::size_t begin = range.first - std::min(range.first, reach);
  const auto first = pageOf(toHeard(static_cast<std::int64_t>(begin)));
  const auto last = pageOf(toHeard(static_cast<std::int64_t>(range.second + reach)));
  outdated_.emplace_back(first, last + 1);
}

bool Playhead::isIn(Page page) const noexcept {
  const auto touches = [page](std::int64_t frame) {
    return frame >= 0 && page >= pageOf(frame) && page <= pageOf(frame + kFadeReach);
  };
  return (isMoving && touches(position)) || std::any_of(fading.begin(), fading.end(), touches);
}

/// Under the lock. A stretched page comes out a little otherwise each time, so that one that is
/// being heard stays until the playhead has left it.
void SongStream::noteOutdated() {
  std::vector<std::pair<Page, Page>> later;
  const Playhead playhead = playhead_.load();
  for (const auto& [first, last] : outdated_) {
    if (!stretch_) {
      pages_.outdate(first, last);
      continue;
    }
    for (Page page = first; page < last; ++page) {
      if (!playhead.isIn(page)) {
        pages_.outdate(page, page + 1);
      } else if (pages_.has(page)) {
        later.emplace_back(page, page + 1);
      }
    }
  }
  outdated_ = std::move(later);
}

void SongStream::expect(std::int64_t position) {
  const std::lock_guard lock(mutex_);
  expected_ = position;
  isExpectedThere_ = false;
  wake_.notify_one();
}

bool SongStream::waitFor(std::int64_t position, double seconds) {
  expect(position);
  std::unique_lock lock(mutex_);
  return filled_.wait_for(lock, std::chrono::duration<double>(seconds),
                          [this] { return isExpectedThere_; });
}

/// The reader does it: nobody else may touch the pages.
std::size_t SongStream::giveBack() {
  std::unique_lock lock(mutex_);
  mustShrink_ = true;
  given_.reset();
  shortUntil_ = std::chrono::steady_clock::now() + kShort;
  wake_.notify_one();
  filled_.wait_for(lock, kMostWait, [this] { return given_.has_value() || stopping_; });
  return given_.value_or(0);
}

void SongStream::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    noteOutdated();
    const std::size_t postponed = outdated_.size();
    const std::vector<Page> wanted = wantedPages();
    const bool isShrinking = std::exchange(mustShrink_, false);
    lock.unlock();
    pages_.sweep();
    std::size_t given = 0;
    if (isShrinking) {
      given = pages_.shrink(
          [&](Page page) { return std::find(wanted.begin(), wanted.end(), page) != wanted.end(); });
    }
    const bool wasFilled = fillFirstMissing(wanted);
    lock.lock();
    if (isShrinking) {
      given_ = given;
      filled_.notify_all();
    }
    if (expected_ && !isExpectedThere_ && pages_.has(pageOf(*expected_))) {
      isExpectedThere_ = true;
      filled_.notify_all();
    }
    if (!wasFilled && !stopping_ && outdated_.size() == postponed)
      wake_.wait_for(lock, kPollPeriod);
  }
}

/// In the order in which they will be needed. Under the lock.
std::vector<Page> SongStream::wantedPages() {
  std::vector<Page> wanted;
  const auto want = [&](Page page) {
    if (page * kPageFrames >= frames_) return;
    if (std::find(wanted.begin(), wanted.end(), page) == wanted.end()) wanted.push_back(page);
  };
  const auto wantExpected = [&] {
    if (!expected_) return;
    for (std::size_t i = 0; i < kReadExpected; ++i) {
      want(pageOf(*expected_) + static_cast<Page>(i));
    }
  };
  const Playhead playhead = playhead_.load();
  const bool isLooping = playhead.position < playhead.loopEnd;
  const bool isShort = std::chrono::steady_clock::now() < shortUntil_;
  const std::size_t ahead = isShort ? kReadLittle : kReadAhead;
  std::int64_t at = playhead.position;
  for (std::size_t i = 0; i < ahead && at < frames_; ++i) {
    if (i == kUrgent) wantExpected();
    want(pageOf(at));
    at = (pageOf(at) + 1) * kPageFrames;
    if (isLooping && at >= playhead.loopEnd) {
      want(pageOf(at));  // what fades out past the loop's end
      at = playhead.loopStart;
    }
  }
  wantExpected();
  for (const std::int64_t frame : playhead.fading) {
    if (frame < 0) continue;
    want(pageOf(frame));
    want(pageOf(frame + kFadeReach));
  }
  return wanted;
}

bool SongStream::fillFirstMissing(const std::vector<Page>& wanted) {
  const auto missing =
      std::find_if(wanted.begin(), wanted.end(), [this](Page page) { return !pages_.has(page); });
  if (missing == wanted.end()) return false;
  float* const samples = pages_.take(
      [&](Page page) { return std::find(wanted.begin(), wanted.end(), page) != wanted.end(); });
  if (samples == nullptr) return false;
  load(*missing, samples);
  pages_.publish(*missing);
  return true;
}

void SongStream::load(Page page, float* samples) {
  if (stretch_) {
    loadStretched(page, samples);
  } else if (!loadTracks(page * kPageFrames, PageCache::kPageFrames, samples)) {
    readFaults_.fetch_add(1, std::memory_order_relaxed);
  }
}

/// Goes on from the page before where that is possible. Where it is not, and the page before is
/// there from another run, that fades out beyond its end while this one fades in.
void SongStream::loadStretched(Page page, float* samples) {
  std::erase_if(stretched_, [this](const auto& entry) { return !pages_.has(entry.first); });
  bool isWhole = true;
  const bool isNewRun = stretch_->next() != page * kPageFrames;
  if (isNewRun) {
    ++run_;
    isWhole = stretch_->seek(page * kPageFrames);
  }
  const std::size_t channels = 2 * tracks_.size();
  Stretched now{run_, std::vector<float>(channels * kSeamFrames)};
  isWhole =
      stretch_->read(PageCache::kPageFrames, samples, kSeamFrames, now.beyond.data()) && isWhole;
  const auto before = stretched_.find(page - 1);
  if (isNewRun && before != stretched_.end()) {
    for (std::size_t c = 0; c < channels; ++c) {
      float* const to = samples + c * PageCache::kPageFrames;
      const float* const from = before->second.beyond.data() + c * kSeamFrames;
      for (std::size_t i = 0; i < kSeamFrames; ++i) {
        const float share = (static_cast<float>(i) + 0.5f) / kSeamFrames;
        to[i] = from[i] + share * (to[i] - from[i]);
      }
    }
  }
  const auto after = stretched_.find(page + 1);
  if (after != stretched_.end() && after->second.run != run_) dropStretched(page + 1);
  stretched_[page] = std::move(now);
  if (!isWhole) readFaults_.fetch_add(1, std::memory_order_relaxed);
}

/// A page that does not go on from the one before is not to be heard; unless it is, just now.
void SongStream::dropStretched(Page page) {
  const std::lock_guard lock(mutex_);
  if (playhead_.load().isIn(page)) {
    outdated_.emplace_back(page, page + 1);
  } else {
    pages_.drop(page);
  }
}

/// Fills [tracks][2][count] from an output frame of the song on, at its own speed; a track that
/// cannot be read is silent. @return whether all could
bool SongStream::loadTracks(std::int64_t first, std::size_t count, float* samples) {
  std::vector<FrameRange> finished;
  {
    const std::lock_guard lock(mutex_);
    finished = finished_;
  }
  bool isWhole = true;
  for (const Track& track : tracks_) {
    if (!loadTrack(track, finished, first, count, samples)) {
      std::fill_n(samples, 2 * count, 0.0f);
      isWhole = false;
    }
    samples += 2 * count;
  }
  return isWhole;
}

/// @param samples [2][count]
bool SongStream::loadTrack(const Track& track, const std::vector<FrameRange>& finished,
                           std::int64_t first, std::size_t count, float* samples) {
  if (ratio_.isOne()) {
    if (!readFrames(track, finished, first, count)) return false;
    std::copy(planar_.begin(), planar_.end(), samples);
    return true;
  }
  const std::size_t needed = converter_.sourceCount(first, count);
  if (!readFrames(track, finished, converter_.sourceStart(first), needed)) return false;
  for (std::size_t c = 0; c < 2; ++c) {
    converter_.convert(planar_.data() + c * needed, first, count, samples + c * count);
  }
  return true;
}

/// Fills planar_ with [2][count] of a track; outside the song and where it is not final: silence.
bool SongStream::readFrames(const Track& track, const std::vector<FrameRange>& finished,
                            std::int64_t start, std::size_t count) {
  const auto songFrames = static_cast<std::int64_t>(sourceFrames_);
  const auto begin = std::clamp<std::int64_t>(start, 0, songFrames);
  const auto end =
      std::clamp<std::int64_t>(start + static_cast<std::int64_t>(count), 0, songFrames);
  const std::size_t channels = track.file.channels();
  planar_.assign(2 * count, 0.0f);
  interleaved_.resize(static_cast<std::size_t>(end - begin) * channels);
  if (!track.file.read(static_cast<std::size_t>(begin), interleaved_).ok()) return false;
  const double fade = std::ceil(kDeclickSeconds * 48000);
  float* left = planar_.data() + (begin - start);
  float* right = left + count;
  for (std::int64_t frame = begin; frame < end; ++frame) {
    const float* x = interleaved_.data() + static_cast<std::size_t>(frame - begin) * channels;
    float share = 1;
    if (track.isGrowing) {
      share = shareOf(static_cast<std::size_t>(frame), finished, sourceFrames_, fade);
    }
    *left++ = share == 0 ? 0 : share * x[0];
    *right++ = share == 0 ? 0 : share * x[channels - 1];
  }
  return true;
}

}  // namespace stemwright::rt
