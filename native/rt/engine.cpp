#include "rt/engine.h"

#include <algorithm>
#include <cmath>

#include "core/audio_thread.h"
#include "core/trace.h"
#include "rt/flush_denormals.h"

namespace stemwright::rt {
namespace {

constexpr std::size_t kMostCommands = 4096;
constexpr std::size_t kMostGarbage = 256;
constexpr double kLoadSeconds = 1;
constexpr auto kPageFrames = static_cast<std::int64_t>(PageCache::kPageFrames);

std::size_t framesOf(double seconds, double rate) {
  return std::max<std::size_t>(1, static_cast<std::size_t>(std::lround(seconds * rate)));
}

/// to += x, under a straight line of gain.
void addScaled(const float* x, std::size_t count, float gain, float step, float* to) {
  if (gain == 1 && step == 0) {
    for (std::size_t i = 0; i < count; ++i) to[i] += x[i];
    return;
  }
  for (std::size_t i = 0; i < count; ++i) to[i] += (gain + step * static_cast<float>(i)) * x[i];
}

}  // namespace

Engine::Engine(double rate)
    : rate_(rate),
      commands_(kMostCommands),
      garbage_(kMostGarbage),
      transport_(framesOf(kDeclickSeconds, rate)),
      leavingTransport_(framesOf(kDeclickSeconds, rate)),
      master_(rate),
      input_(rate),
      send_(rate) {
  input_.startAt({0, 0, 0, 0});
}

Engine::~Engine() {
  for (Command command; held_ || commands_.pop(command);) {
    if (held_) command = *std::exchange(held_, std::nullopt);
    delete command.insert;
    delete command.song;
    delete command.stream;
  }
  collect();
  delete leaving_;
  delete song_;
}

bool Engine::setInsert(std::size_t strip, std::size_t slot, std::unique_ptr<Insert> insert) {
  if (!send({.kind = Kind::kInsert, .strip = strip, .slot = slot, .insert = insert.get()})) {
    return false;
  }
  insert.release();
  return true;
}

bool Engine::setSong(std::unique_ptr<Song> song, bool isContinued) {
  if (!send({.kind = Kind::kSong, .song = song.get(), .isContinued = isContinued})) return false;
  song.release();
  return true;
}

bool Engine::setStream(std::unique_ptr<SongStream> stream) {
  if (!send({.kind = Kind::kStream, .stream = stream.get()})) return false;
  stream.release();
  return true;
}

void Engine::collect() {
  for (Garbage garbage; garbage_.pop(garbage);) {
    delete garbage.insert;
    delete garbage.song;
    delete garbage.stream;
  }
}

void Engine::process(const float* const* input, std::size_t inputs, float* const* output,
                     std::size_t outputs, std::size_t frames) noexcept {
  const auto start = std::chrono::steady_clock::now();
  const core::AudioThreadScope audio;
  const core::TraceRegion region("audio block");
  const FlushDenormals flush;
  takeCommands();
  for (std::size_t at = 0; at < frames; at += kMostFrames) {
    render(input, inputs, output, outputs, at, std::min(kMostFrames, frames - at));
  }
  handBack();
  publish(start, frames);
}

void Engine::takeCommands() noexcept {
  if (held_) {
    if (!apply(*held_)) return;
    held_.reset();
  }
  for (Command command; commands_.pop(command);) {
    if (apply(command)) continue;
    held_ = command;
    return;
  }
}

/// @return false when it has to wait for a later block
bool Engine::apply(const Command& command) noexcept {
  switch (command.kind) {
    case Kind::kPlay:
      transport_.play();
      return true;
    case Kind::kPause:
      transport_.pause();
      return true;
    case Kind::kSeek:
      transport_.seek(command.start);
      return true;
    case Kind::kLoop:
      transport_.loop(command.start, command.end);
      return true;
    case Kind::kGains:
      if (Strip* const strip = stripAt(command.strip)) strip->setGains(command.gains);
      return true;
    case Kind::kSend:
      if (Strip* const strip = stripAt(command.strip)) strip->setSend(command.send);
      return true;
    case Kind::kInsert:
      return replaceInsert(command);
    case Kind::kSong:
      return exchangeSong(command);
    case Kind::kStream:
      return exchangeStream(command.stream);
    case Kind::kReset:
      now_.loadWorst = 0;
      now_.overloads = 0;
      for (std::size_t i = 0; song_ != nullptr && i < song_->strips(); ++i) {
        song_->strip(i).meter().reset();
      }
      master_.meter().reset();
      input_.meter().reset();
      send_.meter().reset();
      return true;
  }
  return true;
}

bool Engine::replaceInsert(const Command& command) noexcept {
  Strip* const strip = stripAt(command.strip);
  if (strip != nullptr) return strip->inserts().replace(command.slot, command.insert);
  return command.insert == nullptr || garbage_.push({.insert = command.insert});
}

bool Engine::exchangeSong(const Command& command) noexcept {
  if (transport_.isPlaying()) isResuming_ = true;
  transport_.pause();
  if (!transport_.isSilent() || leaving_ != nullptr) return false;
  if (song_ != nullptr && !garbage_.push({.song = song_})) return false;
  const std::int64_t position = command.isContinued ? transport_.position() : 0;
  const std::int64_t loopStart = transport_.loopStart();
  const std::int64_t loopEnd = transport_.loopEnd();
  song_ = command.song;
  ++now_.songs;
  transport_.setLength(song_ == nullptr ? 0 : song_->stream().frames());
  transport_.seek(position);
  if (command.isContinued) {
    transport_.loop(loopStart, loopEnd);
    if (isResuming_) transport_.play();
  }
  isResuming_ = false;
  return true;
}

bool Engine::exchangeStream(SongStream* stream) noexcept {
  if (leaving_ != nullptr) return false;
  const bool isOfSong = song_ != nullptr && song_->strips() == stream->tracks();
  if (!isOfSong) return garbage_.push({.stream = stream});
  const double before = song_->stream().timePitch().speed;
  leaving_ = song_->exchange(stream);
  leavingTransport_ = transport_;
  leavingTransport_.pause();
  transport_.changePace(stream->frames(), before / stream->timePitch().speed);
  return true;
}

/// What has faded out leaves the audio thread.
void Engine::handBack() noexcept {
  const bool hasLeft = leaving_ != nullptr && leavingTransport_.isSilent();
  if (hasLeft && garbage_.push({.stream = leaving_})) leaving_ = nullptr;
  const auto from = [this](Strip& strip) {
    while (Insert* const insert = strip.inserts().takeBack()) {
      if (!garbage_.push({.insert = insert})) return strip.inserts().putBack(insert);
    }
  };
  for (std::size_t i = 0; song_ != nullptr && i < song_->strips(); ++i) from(song_->strip(i));
  from(master_);
  from(input_);
  from(send_);
}

Strip* Engine::stripAt(std::size_t index) noexcept {
  if (index == kMasterStrip) return &master_;
  if (index == kInputStrip) return &input_;
  if (index == kSendStrip) return &send_;
  return song_ != nullptr && index < song_->strips() ? &song_->strip(index) : nullptr;
}

void Engine::render(const float* const* input, std::size_t inputs, float* const* output,
                    std::size_t outputs, std::size_t offset, std::size_t frames) noexcept {
  float* const left = master_.left();
  float* const right = master_.right();
  std::fill_n(left, frames, 0.0f);
  std::fill_n(right, frames, 0.0f);
  std::fill_n(send_.left(), frames, 0.0f);
  std::fill_n(send_.right(), frames, 0.0f);
  if (song_ != nullptr) renderSong(frames);
  takeInput(input, inputs, offset, frames);
  addToBuses(input_, frames);
  send_.processInto(master_, frames);
  master_.process(frames);
  if (outputs == 1) {
    for (std::size_t i = 0; i < frames; ++i) output[0][offset + i] = (left[i] + right[i]) / 2;
    return;
  }
  for (std::size_t channel = 0; channel < outputs; ++channel) {
    float* const to = output[channel] + offset;
    if (channel == 0) std::copy_n(left, frames, to);
    if (channel == 1) std::copy_n(right, frames, to);
    if (channel > 1) std::fill_n(to, frames, 0.0f);
  }
}

void Engine::renderSong(std::size_t frames) noexcept {
  for (std::size_t i = 0; i < song_->strips(); ++i) {
    std::fill_n(song_->strip(i).left(), frames, 0.0f);
    std::fill_n(song_->strip(i).right(), frames, 0.0f);
  }
  advance(transport_, song_->stream(), frames);
  if (leaving_ != nullptr) advance(leavingTransport_, *leaving_, frames);
  alignStrips();
  for (std::size_t i = 0; i < song_->strips(); ++i) addToBuses(song_->strip(i), frames);
}

void Engine::advance(Transport& transport, SongStream& stream, std::size_t frames) noexcept {
  const auto most = static_cast<std::int64_t>(frames) + 2 * transport.fadeFrames();
  transport.advance(
      frames, [&](std::int64_t from) { return readyFrames(stream, from, most); },
      [&](const Segment& segment) { addSegment(stream, segment); });
  stream.pages().release();
  stream.moveTo({transport.position(), transport.loopStart(), transport.loopEnd(),
                 transport.isPlaying() && !transport.isWaiting(), transport.fading()});
}

std::int64_t Engine::readyFrames(SongStream& stream, std::int64_t from,
                                 std::int64_t most) noexcept {
  std::int64_t until = from;
  while (until < from + most && until < stream.frames()) {
    const std::int64_t page = until / kPageFrames;
    if (stream.pages().hold(page) == nullptr) return until - from;
    until = (page + 1) * kPageFrames;
  }
  return std::max(until - from, most);
}

void Engine::addSegment(SongStream& stream, const Segment& segment) noexcept {
  std::size_t done = 0;
  while (done < segment.count) {
    const std::int64_t frame = segment.from + static_cast<std::int64_t>(done);
    if (frame >= stream.frames()) return;
    const auto inPage = static_cast<std::size_t>(frame % kPageFrames);
    const std::size_t count = std::min(segment.count - done, PageCache::kPageFrames - inPage);
    const float* const page = stream.pages().hold(frame / kPageFrames);
    const float gain = segment.gain + segment.step * static_cast<float>(done);
    for (std::size_t i = 0; page != nullptr && i < song_->strips(); ++i) {
      const float* const from = page + 2 * i * PageCache::kPageFrames + inPage;
      Strip& strip = song_->strip(i);
      const std::size_t at = segment.at + done;
      addScaled(from, count, gain, segment.step, strip.left() + at);
      addScaled(from + PageCache::kPageFrames, count, gain, segment.step, strip.right() + at);
    }
    done += count;
  }
}

void Engine::takeInput(const float* const* input, std::size_t inputs, std::size_t offset,
                       std::size_t frames) noexcept {
  if (inputs == 0) {
    std::fill_n(input_.left(), frames, 0.0f);
    std::fill_n(input_.right(), frames, 0.0f);
    return;
  }
  std::copy_n(input[0] + offset, frames, input_.left());
  std::copy_n(input[inputs > 1 ? 1 : 0] + offset, frames, input_.right());
}

/// A track whose effects come late takes the others with it.
void Engine::alignStrips() noexcept {
  const std::size_t most = song_->latencyFrames();
  for (std::size_t i = 0; i < song_->strips(); ++i) song_->strip(i).lagBy(most);
  now_.songLatency = most + master_.inserts().latencyFrames();
}

void Engine::addToBuses(Strip& strip, std::size_t frames) noexcept {
  strip.processInto(master_, frames);
  strip.addSend(send_.left(), send_.right(), frames);
}

void Engine::publish(std::chrono::steady_clock::time_point start, std::size_t frames) noexcept {
  ++now_.blocks;
  now_.nanoseconds =
      std::chrono::duration_cast<std::chrono::nanoseconds>(start.time_since_epoch()).count();
  now_.blockFrames = frames;
  now_.position = transport_.position();
  now_.speed = song_ == nullptr ? 1 : song_->stream().timePitch().speed;
  now_.isPlaying = transport_.isPlaying();
  now_.isWaiting = transport_.isWaiting();
  now_.lateReads = transport_.lateReads();
  now_.strips = song_ == nullptr ? 0 : song_->strips();
  now_.nonFiniteBlocks =
      master_.nonFiniteBlocks() + input_.nonFiniteBlocks() + send_.nonFiniteBlocks();
  for (std::size_t i = 0; i < now_.strips; ++i) {
    now_.strip[i] = song_->strip(i).meter().levels();
    now_.nonFiniteBlocks += song_->strip(i).nonFiniteBlocks();
  }
  now_.master = master_.meter().levels();
  now_.input = input_.meter().levels();
  now_.send = send_.meter().levels();

  const double there = static_cast<double>(std::max<std::size_t>(frames, 1)) / rate_;
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  const double load = taken.count() / there;
  now_.loadWorst = std::max(now_.loadWorst, load);
  if (load > 1) ++now_.overloads;
  now_.loadMean += (load - now_.loadMean) * (1 - std::exp(-there / kLoadSeconds));
  snapshot_.store(now_);
}

}  // namespace stemwright::rt
