#include "core/child_process.h"

#if defined(__linux__)
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>
#endif

namespace stemwright::core {

#if defined(__linux__)

namespace {

Error notStarted(const std::string& program, int code) {
  return {ErrorCode::kInternal, program + ": " + std::generic_category().message(code)};
}

/// Both ends, closed here and by exec() unless they are taken.
class Pipe {
 public:
  Pipe() : code_(pipe2(ends_.data(), O_CLOEXEC) == 0 ? 0 : errno) {}
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int code() const { return code_; }
  int writeEnd() const { return ends_[1]; }
  int takeReadEnd() { return std::exchange(ends_[0], -1); }

 private:
  std::array<int, 2> ends_{-1, -1};
  int code_;
};

/// What a program is started with: signals as they are by default, nothing to read, two pipes.
class Setting {
 public:
  Setting(const Pipe& output, const Pipe& errors) {
    posix_spawnattr_init(&attributes_);
    posix_spawn_file_actions_init(&files_);
    sigset_t signals;
    sigfillset(&signals);
    posix_spawnattr_setsigdefault(&attributes_, &signals);
    sigemptyset(&signals);
    posix_spawnattr_setsigmask(&attributes_, &signals);
    constexpr int kFlags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSID;
    posix_spawnattr_setflags(&attributes_, static_cast<short>(kFlags));
    code_ = posix_spawn_file_actions_addopen(&files_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (code_ == 0) code_ = forward(output, STDOUT_FILENO);
    if (code_ == 0) code_ = forward(errors, STDERR_FILENO);
  }
  ~Setting() {
    posix_spawn_file_actions_destroy(&files_);
    posix_spawnattr_destroy(&attributes_);
  }
  Setting(const Setting&) = delete;
  Setting& operator=(const Setting&) = delete;

  int code() const { return code_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }
  const posix_spawn_file_actions_t* files() const { return &files_; }

 private:
  int forward(const Pipe& pipe, int stream) {
    return posix_spawn_file_actions_adddup2(&files_, pipe.writeEnd(), stream);
  }

  posix_spawnattr_t attributes_{};
  posix_spawn_file_actions_t files_{};
  int code_ = 0;
};

}  // namespace

Result<ChildProcess::Started> ChildProcess::start(const std::string& program,
                                                  const std::vector<std::string>& arguments) {
  Pipe output;
  Pipe errors;
  for (const int code : {output.code(), errors.code()}) {
    if (code != 0) return notStarted(program, code);
  }
  const Setting setting(output, errors);
  if (setting.code() != 0) return notStarted(program, setting.code());
  std::vector<char*> line{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) line.push_back(const_cast<char*>(argument.c_str()));
  line.push_back(nullptr);
  pid_t id = 0;
  const int code = posix_spawnp(&id, program.c_str(), setting.files(), setting.attributes(),
                                line.data(), environ);
  if (code != 0) return notStarted(program, code);
  std::shared_ptr<ChildProcess> child(new ChildProcess(id));
  return Started{std::move(child), output.takeReadEnd(), errors.takeReadEnd()};
}

ChildProcess::~ChildProcess() {
  kill();
  wait();
}

void ChildProcess::kill() noexcept {
  const std::lock_guard lock(mutex_);
  if (!hasEnded_) ::kill(id_, SIGKILL);
}

std::optional<int> ChildProcess::wait() noexcept {
  {
    const std::lock_guard lock(mutex_);
    if (hasEnded_) return code_;
  }
  // Its id stays its own until the lock is held.
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(id_), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  const std::lock_guard lock(mutex_);
  int status = 0;
  if (!hasEnded_ && waitpid(id_, &status, 0) == id_ && WIFEXITED(status)) {
    code_ = WEXITSTATUS(status);
  }
  hasEnded_ = true;
  return code_;
}

#else

Result<ChildProcess::Started> ChildProcess::start(const std::string& program,
                                                  const std::vector<std::string>&) {
  return Error{ErrorCode::kInternal, program + " cannot be started by the engine on this system"};
}

ChildProcess::~ChildProcess() = default;

void ChildProcess::kill() noexcept {}

std::optional<int> ChildProcess::wait() noexcept {
  return code_;
}

#endif

}  // namespace stemwright::core
