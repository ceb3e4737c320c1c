#pragma once

#include <fcntl.h>
#include <jack/jack.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <semaphore>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace stemwright::testing {

inline constexpr std::size_t kJackFrames = 128;

/// A JACK server without a sound card, for as long as it lives; what is opened meanwhile finds it.
class JackServer {
 public:
  static bool isInstalled() {
    const char* const path = std::getenv("PATH");
    const std::string folders = path == nullptr ? "" : path;
    for (std::size_t at = 0; at <= folders.size();) {
      const std::size_t end = std::min(folders.find(':', at), folders.size());
      if (std::filesystem::exists(folders.substr(at, end - at) + "/jackd")) return true;
      at = end + 1;
    }
    return false;
  }

  JackServer() : name_("stemwright-test-" + std::to_string(getpid())) {
    setenv("JACK_DEFAULT_SERVER", name_.c_str(), 1);
    setenv("JACK_NO_START_SERVER", "1", 1);
    jack_set_error_function([](const char*) {});
    jack_set_info_function([](const char*) {});
    const std::string frames = std::to_string(kJackFrames);
    std::vector<const char*> words{"jackd", "-n", name_.c_str()};
    if (geteuid() == 0) words.insert(words.end(), {"-R", "-P", "70"});
    if (geteuid() != 0) words.push_back("-r");
    words.insert(words.end(), {"-d", "dummy", "-r", "48000", "-p", frames.c_str(), nullptr});
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    const int fault = posix_spawnp(&process_, "jackd", &actions, nullptr,
                                   const_cast<char**>(words.data()), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (fault != 0) throw std::runtime_error("jackd does not start");
  }
  ~JackServer() {
    kill(process_, SIGTERM);
    waitpid(process_, nullptr, 0);
    unsetenv("JACK_DEFAULT_SERVER");
  }
  JackServer(const JackServer&) = delete;
  JackServer& operator=(const JackServer&) = delete;

 private:
  std::string name_;
  pid_t process_ = 0;
};

/// A client that plays two channels and records two.
class JackClient {
 public:
  /// @param sound interleaved stereo that it plays once, from its first block on
  /// @param frames that it records
  JackClient(std::vector<float> sound, std::size_t frames)
      : sound_(std::move(sound)), recorded_(2 * frames) {
    for (int i = 0; i < 200 && client_ == nullptr; ++i) {
      client_ = jack_client_open("listener", JackNoStartServer, nullptr);
      if (client_ == nullptr) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    if (client_ == nullptr) throw std::runtime_error("no JACK server answers");
    for (std::size_t c = 0; c < 2; ++c) {
      const std::string number = std::to_string(c);
      in_[c] = jack_port_register(client_, ("in" + number).c_str(), JACK_DEFAULT_AUDIO_TYPE,
                                  JackPortIsInput, 0);
      out_[c] = jack_port_register(client_, ("out" + number).c_str(), JACK_DEFAULT_AUDIO_TYPE,
                                   JackPortIsOutput, 0);
    }
    jack_set_process_callback(client_, onBlock, this);
    jack_set_xrun_callback(client_, onXrun, this);
    jack_activate(client_);
  }
  ~JackClient() { jack_client_close(client_); }
  JackClient(const JackClient&) = delete;
  JackClient& operator=(const JackClient&) = delete;

  /// Listens to the ports of another client, and plays to them.
  void connect(const std::string& other) {
    for (std::size_t c = 0; c < 2; ++c) {
      join(other, JackPortIsOutput, c, in_[c], true);
      join(other, JackPortIsInput, c, out_[c], false);
    }
  }
  /// Connects the outputs of another client with its own inputs: a cable.
  void loopBack(const std::string& other) {
    const auto of = [&](unsigned long direction) {
      return jack_get_ports(client_, ("^" + other + ":").c_str(), JACK_DEFAULT_AUDIO_TYPE,
                            direction);
    };
    const char** const outputs = of(JackPortIsOutput);
    const char** const inputs = of(JackPortIsInput);
    if (outputs != nullptr && inputs != nullptr) jack_connect(client_, outputs[0], inputs[0]);
    jack_free(outputs);
    jack_free(inputs);
  }
  /// Plays and records from the next block on.
  void start() { isRunning_ = true; }
  /// Waits until all is recorded; false when that takes longer than `limit`.
  bool wait(std::chrono::seconds limit) { return done_.try_acquire_for(limit); }
  std::uint64_t xruns() const { return xruns_; }
  const std::vector<float>& recorded() const { return recorded_; }

 private:
  void join(const std::string& other, unsigned long direction, std::size_t index, jack_port_t* own,
            bool isSource) {
    const char** const ports =
        jack_get_ports(client_, ("^" + other + ":").c_str(), JACK_DEFAULT_AUDIO_TYPE, direction);
    std::size_t count = 0;
    while (ports != nullptr && ports[count] != nullptr) ++count;
    if (index < count) {
      const char* const mine = jack_port_name(own);
      jack_connect(client_, isSource ? ports[index] : mine, isSource ? mine : ports[index]);
    }
    jack_free(ports);
  }

  static int onXrun(void* self) {
    ++static_cast<JackClient*>(self)->xruns_;
    return 0;
  }
  static int onBlock(jack_nframes_t frames, void* self) {
    static_cast<JackClient*>(self)->process(frames);
    return 0;
  }
  void process(jack_nframes_t frames) {
    std::array<const float*, 2> in{};
    std::array<float*, 2> out{};
    for (std::size_t c = 0; c < 2; ++c) {
      in[c] = static_cast<const float*>(jack_port_get_buffer(in_[c], frames));
      out[c] = static_cast<float*>(jack_port_get_buffer(out_[c], frames));
    }
    const bool isRunning = isRunning_;
    for (std::size_t i = 0; i < frames; ++i) {
      for (std::size_t c = 0; c < 2; ++c) {
        const std::size_t at = position_ + c;
        out[c][i] = isRunning && at < sound_.size() ? sound_[at] : 0;
        if (isRunning && at < recorded_.size()) recorded_[at] = in[c][i];
      }
      if (isRunning && position_ < recorded_.size()) {
        position_ += 2;
        if (position_ == recorded_.size()) done_.release();
      }
    }
  }

  jack_client_t* client_ = nullptr;
  std::array<jack_port_t*, 2> in_{};
  std::array<jack_port_t*, 2> out_{};
  const std::vector<float> sound_;
  std::vector<float> recorded_;
  std::atomic<std::size_t> position_{0};
  std::atomic<bool> isRunning_{false};
  std::binary_semaphore done_{0};
  std::atomic<std::uint64_t> xruns_{0};
};

}  // namespace stemwright::testing
