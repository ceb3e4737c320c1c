#include "core/background_thread.h"

#include <cassert>
#include <utility>

#include "core/background.h"

namespace stemwright::core {

BackgroundThread::BackgroundThread() : thread_([this] { run(); }) {}

BackgroundThread::~BackgroundThread() {
  if (running_.valid()) running_.wait();
  next_ = {};
  begun_.release();
  thread_.join();
}

void BackgroundThread::start(std::function<Status()> work) {
  assert(!running_.valid());
  next_ = std::packaged_task<Status()>(std::move(work));
  running_ = next_.get_future();
  begun_.release();
}

Status BackgroundThread::wait() {
  return running_.valid() ? running_.get() : Status();
}

void BackgroundThread::run() {
  lowerThisThread();
  for (;;) {
    begun_.acquire();
    std::packaged_task<Status()> work = std::move(next_);  // the owner may set the next one soon
    if (!work.valid()) return;
    work();
  }
}

}  // namespace stemwright::core
