#pragma once

#include <atomic>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "dsp/convolution/tail_stage.h"

namespace stemwright::dsp {

/// The thread that does the jobs of tail stages, the most urgent first.
class TailWorker {
 public:
  /// @param stages outlive this; ascending in block size, that is in urgency
  /// @param jobs    released when there is something to do; outlives this
  /// @param onStart called first on the new thread, to make it a real-time one; may be empty
  /// Throws std::system_error when the system has no more threads to give.
  TailWorker(std::vector<TailStage*> stages, std::counting_semaphore<>& jobs,
             std::function<void()> onStart);
  ~TailWorker();
  TailWorker(const TailWorker&) = delete;
  TailWorker& operator=(const TailWorker&) = delete;

 private:
  void run(const std::function<void()>& onStart) noexcept;
  TailStage* mostUrgent() const noexcept;

  const std::vector<TailStage*> stages_;
  std::counting_semaphore<>& jobs_;
  std::atomic<bool> isStopping_{false};
  std::thread thread_;
};

}  // namespace stemwright::dsp
