#pragma once

namespace stemwright::core {

/// This thread is the audio thread for as long as this lives: what would wait refuses to.
class AudioThreadScope {
 public:
  AudioThreadScope() noexcept;
  ~AudioThreadScope();
  AudioThreadScope(const AudioThreadScope&) = delete;
  AudioThreadScope& operator=(const AudioThreadScope&) = delete;

 private:
  bool before_;
};

bool isAudioThread() noexcept;

}  // namespace stemwright::core
