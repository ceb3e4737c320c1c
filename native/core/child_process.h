#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/result.h"

namespace stemwright::core {

/// Another program beside this one, started without a copy of this process. A fork() copies the
/// page tables, which takes some 50 ms of a process of 600 MB; whatever thread first writes to a
/// page meanwhile waits for that, the audio thread too. Linux only. [thread-safe]
class ChildProcess {
 public:
  /// The child, and the ends from which what it writes is read: the caller's to close.
  struct Started {
    std::shared_ptr<ChildProcess> child;
    int output = -1;
    int errors = -1;
  };

  /// In a session of its own, with nothing to read.
  /// @param program a path, or a name that PATH leads to
  /// @return kInternal when it cannot be started, or on another system
  static Result<Started> start(const std::string& program,
                               const std::vector<std::string>& arguments);
  /// Ends it, if it still runs.
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// At once; nothing where it has ended.
  void kill() noexcept;
  /// Waits until it has ended. @return its exit code; none when a signal ended it [worker]
  std::optional<int> wait() noexcept;

 private:
  explicit ChildProcess(int id) : id_(id) {}

  const int id_;
  std::mutex mutex_;
  bool hasEnded_ = false;  ///< and its id may be another's
  std::optional<int> code_;
};

}  // namespace stemwright::core
