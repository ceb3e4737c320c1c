#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "core/seq_lock.h"
#include "core/spsc_ring.h"
#include "rt/limits.h"
#include "rt/song.h"
#include "rt/strip.h"
#include "rt/transport.h"

namespace stemwright::rt {

/// A strip of the mixer other than the song's, which are numbered from 0.
inline constexpr std::size_t kMasterStrip = kMostStrips;
inline constexpr std::size_t kInputStrip = kMostStrips + 1;
/// A bus that the song's strips and the input may send to, on its way into the master.
inline constexpr std::size_t kSendStrip = kMostStrips + 2;

/// All that is to be seen of the audio thread, as it was after one block.
struct Snapshot {
  std::uint64_t blocks = 0;
  std::int64_t nanoseconds = 0;  ///< of the steady clock when the block began
  std::size_t blockFrames = 0;
  std::int64_t position = 0;  ///< heard frames of the song at the end of the block
  double speed = 1;           ///< frames of the song, at the output's rate, for each of those
  bool isPlaying = false;
  bool isWaiting = false;       ///< for sound from the disk
  double loadMean = 0;          ///< time taken over time there was, of the last second or so
  double loadWorst = 0;         ///< since resetCounters()
  std::uint64_t overloads = 0;  ///< blocks that took longer than they last
  std::uint64_t lateReads = 0;
  std::uint64_t nonFiniteBlocks = 0;
  std::size_t songLatency = 0;  ///< frames by which effects let the song come out late
  std::uint64_t songs = 0;      ///< songs that have come and gone, this one included
  std::size_t strips = 0;
  std::array<Levels, kMostStrips> strip{};
  Levels master;
  Levels input;
  Levels send;
};

/// Everything that sounds: transport, mixer, effects, live input. One audio thread calls process();
/// one other thread at a time sends commands, which take effect at the start of a block.
class Engine {
 public:
  explicit Engine(double rate);
  /// After the last process().
  ~Engine();

  double rate() const noexcept { return rate_; }

  // [control thread] All return false, and do nothing, when the audio thread has not taken the
  // commands before.
  bool play() { return send({.kind = Kind::kPlay}); }
  bool pause() { return send({.kind = Kind::kPause}); }
  /// Heard frames, as those of the song's stream.
  bool seek(std::int64_t frame) { return send({.kind = Kind::kSeek, .start = frame}); }
  /// An empty range: no loop.
  bool loop(std::int64_t start, std::int64_t end) {
    return send({.kind = Kind::kLoop, .start = start, .end = end});
  }
  bool setGains(std::size_t strip, const Gains& gains) {
    return send({.kind = Kind::kGains, .strip = strip, .gains = gains});
  }
  /// Into the send bus. @param strip of the song, or the input
  bool setSend(std::size_t strip, float gain) {
    return send({.kind = Kind::kSend, .strip = strip, .send = gain});
  }
  /// Crossfades an effect in; empty takes it out.
  bool setInsert(std::size_t strip, std::size_t slot, std::unique_ptr<Insert> insert);
  /// Fades out, exchanges the song, and goes on where it was if `isContinued`; else it stands at
  /// the start. Empty: no song.
  bool setSong(std::unique_ptr<Song> song, bool isContinued);
  /// The same tracks at another pitch or tempo: crossfades to the same place of the song, as soon
  /// as its sound is there.
  bool setStream(std::unique_ptr<SongStream> stream);
  bool resetCounters() { return send({.kind = Kind::kReset}); }
  /// Destroys what the audio thread has handed back. Call now and then.
  void collect();

  /// [thread-safe]
  Snapshot snapshot() const noexcept { return snapshot_.load(); }

  /// Renders any number of frames.
  /// @param input  null or one or two channels; two are taken as left and right
  /// @param output one channel or more: of one it gets the average, of more the first two
  /// [audio-thread] allocates nothing, locks nothing, never waits
  void process(const float* const* input, std::size_t inputs, float* const* output,
               std::size_t outputs, std::size_t frames) noexcept;

 private:
  enum class Kind { kPlay, kPause, kSeek, kLoop, kGains, kSend, kInsert, kSong, kStream, kReset };
  struct Command {
    Kind kind = Kind::kPlay;
    std::size_t strip = 0;
    std::size_t slot = 0;
    std::int64_t start = 0;
    std::int64_t end = 0;
    Gains gains{};
    float send = 0;
    Insert* insert = nullptr;
    Song* song = nullptr;
    SongStream* stream = nullptr;
    bool isContinued = false;
  };
  struct Garbage {
    Insert* insert = nullptr;
    Song* song = nullptr;
    SongStream* stream = nullptr;
  };

  bool send(const Command& command) { return commands_.push(command); }
  void takeCommands() noexcept;
  bool apply(const Command& command) noexcept;
  bool exchangeSong(const Command& command) noexcept;
  bool exchangeStream(SongStream* stream) noexcept;
  bool replaceInsert(const Command& command) noexcept;
  void handBack() noexcept;
  Strip* stripAt(std::size_t index) noexcept;

  void render(const float* const* input, std::size_t inputs, float* const* output,
              std::size_t outputs, std::size_t offset, std::size_t frames) noexcept;
  void renderSong(std::size_t frames) noexcept;
  void advance(Transport& transport, SongStream& stream, std::size_t frames) noexcept;
  static std::int64_t readyFrames(SongStream& stream, std::int64_t from,
                                  std::int64_t most) noexcept;
  void addSegment(SongStream& stream, const Segment& segment) noexcept;
  void alignStrips() noexcept;
  void addToBuses(Strip& strip, std::size_t frames) noexcept;
  void takeInput(const float* const* input, std::size_t inputs, std::size_t offset,
                 std::size_t frames) noexcept;
  void publish(std::chrono::steady_clock::time_point start, std::size_t frames) noexcept;

  const double rate_;
  core::SpscRing<Command> commands_;
  core::SpscRing<Garbage> garbage_;
  core::SeqLock<Snapshot> snapshot_;

  // The audio thread's own.
  std::optional<Command> held_;  ///< one that must wait, and those behind it
  bool isResuming_ = false;      ///< play on after the song is exchanged
  Song* song_ = nullptr;
  Transport transport_;
  SongStream* leaving_ = nullptr;  ///< fades out after another has taken its place
  Transport leavingTransport_;
  Strip master_;
  Strip input_;
  Strip send_;
  Snapshot now_;
};

}  // namespace stemwright::rt
