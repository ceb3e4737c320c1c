#pragma once

#include <functional>
#include <future>
#include <semaphore>
#include <thread>

#include "core/result.h"

namespace stemwright::core {

/// A thread in the background that takes one piece of work at a time. [one owner]
class BackgroundThread {
 public:
  /// Throws std::system_error when the system has no more threads to give.
  BackgroundThread();
  ~BackgroundThread();  ///< waits for the piece at work
  BackgroundThread(const BackgroundThread&) = delete;
  BackgroundThread& operator=(const BackgroundThread&) = delete;

  /// Begins a piece. The one before must have been waited for.
  void start(std::function<Status()> work);
  /// @return how the last piece ended, once; throws what it threw
  Status wait();

 private:
  void run();

  std::packaged_task<Status()> next_;  ///< none: the thread is to end
  std::future<Status> running_;
  std::binary_semaphore begun_{0};
  std::thread thread_;
};

}  // namespace stemwright::core
