#include "dsp/convolution/tail_worker.h"

#include <algorithm>
#include <utility>

namespace stemwright::dsp {

TailWorker::TailWorker(std::vector<TailStage*> stages, std::counting_semaphore<>& jobs,
                       std::function<void()> onStart)
    : stages_(std::move(stages)),
      jobs_(jobs),
      thread_([this, start = std::move(onStart)] { run(start); }) {}

TailWorker::~TailWorker() {
  isStopping_.store(true, std::memory_order_relaxed);
  jobs_.release();
  thread_.join();
}

void TailWorker::run(const std::function<void()>& onStart) noexcept {
  if (onStart) onStart();
  for (;;) {
    jobs_.acquire();
    // A smaller block that comes in meanwhile is more urgent than the rest of a larger one.
    while (TailStage* stage = mostUrgent()) {
      if (isStopping_.load(std::memory_order_relaxed)) return;
      stage->runStep();
    }
    if (isStopping_.load(std::memory_order_relaxed)) return;
  }
}

TailStage* TailWorker::mostUrgent() const noexcept {
  const auto found = std::find_if(stages_.begin(), stages_.end(),
                                  [](const TailStage* stage) { return stage->hasStep(); });
  return found == stages_.end() ? nullptr : *found;
}

}  // namespace stemwright::dsp
