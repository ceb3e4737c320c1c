#if defined(__linux__)
#include "core/child_process.h"

#include <doctest/doctest.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <vector>

using stemwright::core::ChildProcess;

namespace {

std::string readAll(int end) {
  std::string text;
  std::array<char, 4096> piece{};
  for (ssize_t count = 0; (count = read(end, piece.data(), piece.size())) > 0;) {
    text.append(piece.data(), static_cast<std::size_t>(count));
  }
  close(end);
  return text;
}

ChildProcess::Started shell(const std::string& script) {
  auto started = ChildProcess::start("sh", {"-c", script, "name", "an argument"});
  REQUIRE(started.ok());
  return std::move(started).value();
}

std::atomic<int> forks{0};

}  // namespace

TEST_SUITE("core") {
  TEST_CASE("a program gets its arguments, says what it says, and ends as it ends") {
    const auto [child, output, errors] = shell("cat; echo \"$1\"; echo bad >&2; exit 7");
    CHECK(readAll(output) == "an argument\n");
    CHECK(readAll(errors) == "bad\n");
    CHECK(child->wait() == 7);
    CHECK(child->wait() == 7);
    child->kill();
  }

  TEST_CASE("a program is killed, also by letting go of it") {
    auto [child, output, errors] = shell("exec sleep 1000");
    child->kill();
    CHECK(readAll(output).empty());
    CHECK(readAll(errors).empty());
    CHECK(!child->wait().has_value());
    auto [other, otherOutput, otherErrors] = shell("exec sleep 1000");
    other.reset();
    CHECK(readAll(otherOutput).empty());
    close(otherErrors);
  }

  TEST_CASE("what is no program is named, and leaves no file open") {
    const int before = dup(0);
    close(before);
    const auto started = ChildProcess::start("no-such-program", {});
    REQUIRE(!started.ok());
    CHECK(started.error().message == "no-such-program: No such file or directory");
    const int after = dup(0);
    close(after);
    CHECK(after == before);
  }

  TEST_CASE("a program has signals as they are by default and a session of its own") {
    const auto ignored = signal(SIGPIPE, SIG_IGN);
    const auto [child, output, errors] = shell(
        // The lowest 28: the C library keeps two of the others to itself.
        "grep -Ec '^Sig(Blk|Ign):.*0000000$' /proc/self/status\n"
        "[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && echo own");
    signal(SIGPIPE, ignored);
    CHECK(readAll(output) == "2\nown\n");
    close(errors);
    CHECK(child->wait() == 0);
  }

  TEST_CASE("a program is started without a fork of this process") {
    REQUIRE(pthread_atfork(
                nullptr, [] { ++forks; }, nullptr) == 0);
    const auto [child, output, errors] = shell("exit 0");
    CHECK(child->wait() == 0);
    CHECK(forks == 0);
    close(output);
    close(errors);
    const pid_t copy = fork();
    if (copy == 0) _exit(0);
    CHECK(waitpid(copy, nullptr, 0) == copy);
    CHECK(forks == 1);
  }
}
#endif
