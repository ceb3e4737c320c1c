#include "core/audio_thread.h"

#include "core/thread_local.h"

namespace stemwright::core {
namespace {

STEMWRIGHT_THREAD_LOCAL bool isAudio = false;

}  // namespace

AudioThreadScope::AudioThreadScope() noexcept : before_(isAudio) {
  isAudio = true;
}
AudioThreadScope::~AudioThreadScope() {
  isAudio = before_;
}

bool isAudioThread() noexcept {
  return isAudio;
}

}  // namespace stemwright::core
