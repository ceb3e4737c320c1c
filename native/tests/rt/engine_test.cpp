#include "rt/engine.h"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <mutex>
#include <numbers>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "rt/convolution_insert.h"
#include "tests/rt/test_song.h"
#include "tests/support/realtime_trap.h"

using stemwright::rt::ConvolutionInsert;
using stemwright::rt::Engine;
using stemwright::rt::Gains;
using stemwright::rt::gainsOf;
using stemwright::rt::Insert;
using stemwright::rt::kInputStrip;
using stemwright::rt::kMasterStrip;
using stemwright::rt::Snapshot;
using stemwright::rt::SongStream;
using stemwright::rt::TimePitch;
using stemwright::testing::kTestRate;
using stemwright::testing::Recorder;
using stemwright::testing::TestSong;

namespace {

constexpr std::size_t kFade = 240;  // 5 ms

/// The sum of a song's stems under their gains, one interleaved sample.
double mixed(const TestSong& song, const std::vector<double>& gains, std::size_t sample) {
  double sum = 0;
  for (std::size_t i = 0; i < gains.size(); ++i) sum += gains[i] * song.stems[i][sample];
  return sum;
}

/// Renders blocks of random sizes until `frames` are there. Where the disk is behind, it waits:
/// this engine's time is not the clock's.
void runRandomBlocks(Engine& engine, Recorder& recorder, std::size_t frames, std::mt19937& random) {
  const std::size_t end = recorder.sound.size() + 2 * frames;
  while (recorder.sound.size() < end) {
    const std::size_t block = random() % 4 == 0 ? 1 + random() % 8192 : 1 + random() % 300;
    recorder.run(std::min(block, (end - recorder.sound.size()) / 2));
    REQUIRE_FALSE(engine.snapshot().isWaiting);
    if (random() % 8 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

/// The same where the reader takes long: each block waits for what it plays.
void runReady(Engine& engine, SongStream& stream, Recorder& recorder, std::size_t frames,
              std::mt19937& random) {
  const std::size_t end = recorder.sound.size() + 2 * frames;
  while (recorder.sound.size() < end) {
    const std::size_t block = 1 + random() % 4000;
    const std::size_t count = std::min(block, (end - recorder.sound.size()) / 2);
    const auto last = engine.snapshot().position + static_cast<std::int64_t>(count + 2 * kFade);
    REQUIRE(stream.waitFor(std::min(last, stream.frames() - 1), 20));
    recorder.run(count);
    REQUIRE_FALSE(engine.snapshot().isWaiting);
  }
}

class Halve final : public Insert {
 public:
  void process(float* left, float* right, std::size_t frames) noexcept override {
    for (std::size_t i = 0; i < frames; ++i) {
      left[i] *= 0.5f;
      right[i] *= 0.5f;
    }
  }
};

/// A plain one, or a reverb with a short or a long response, whose tail may be another thread's.
std::unique_ptr<Insert> someInsert(std::mt19937& random) {
  if (random() % 3 == 0) return std::make_unique<Halve>();
  const std::vector<float> response =
      noise(1 + random() % 20'000, static_cast<std::uint32_t>(random()), 0.01f);
  const std::span<const float> channels[] = {response};
  stemwright::dsp::ConvolverOptions options;
  if (random() % 2 == 0) options.tailThread = stemwright::dsp::TailThread::kWorker;
  auto convolver = stemwright::dsp::Convolver::create(channels, options);
  REQUIRE(convolver.ok());
  return std::make_unique<ConvolutionInsert>(std::move(convolver).value(), kTestRate, 0.5f, 0.5f);
}

}  // namespace

TEST_SUITE("rt") {
  TEST_CASE("a mix that plays is the sum of its stems, to −120 dB, in blocks of any size") {
    const TemporaryFolder folder;
    const TestSong song(folder, 5, 400'000);
    const std::vector<double> gains{1, 0.5, 0, 2, 0.8};
    Engine engine(kTestRate);
    std::vector<Gains> start;
    for (const double gain : gains) start.push_back(gainsOf(gain, 0));
    REQUIRE(engine.setSong(song.open(start, 1000), false));
    REQUIRE(engine.seek(1000));
    REQUIRE(engine.play());
    Recorder recorder(engine);
    std::mt19937 random(3);
    runRandomBlocks(engine, recorder, 300'000, random);
    double worst = 0;
    for (std::size_t i = 2 * kFade; i < recorder.sound.size(); ++i) {
      worst = std::max(worst, std::abs(recorder.sound[i] - mixed(song, gains, 2000 + i)));
    }
    CHECK(20 * std::log10(worst) < -120);
    CHECK(engine.snapshot().position == 301'000);
    CHECK(engine.snapshot().lateReads == 0);
  }

  TEST_CASE("a loop repeats to the sample") {
    const TemporaryFolder folder;
    const TestSong song(folder, 2, 100'000);
    Engine engine(kTestRate);
    REQUIRE(engine.setSong(song.open(), false));
    REQUIRE(engine.loop(4000, 12345));
    REQUIRE(engine.play());
    Recorder recorder(engine);
    std::mt19937 random(4);
    runRandomBlocks(engine, recorder, 80'000, random);
    for (std::size_t frame = kFade; frame < 80'000; ++frame) {
      const std::size_t inLoop = frame < 12345 ? frame : 4000 + (frame - 12345) % 8345;
      if (frame >= 12345 && (frame - 12345) % 8345 <= kFade) continue;
      const double expected = mixed(song, {1, 1}, 2 * inLoop);
      REQUIRE(recorder.sound[2 * frame] == doctest::Approx(expected).epsilon(1e-6));
    }
  }

  TEST_CASE("the next song goes on where the last one was, without a step") {
    const TemporaryFolder folder;
    TestSong first(folder, 1, 100'000, 1);
    TestSong second(folder, 2, 100'000, 10);
    for (auto* song : {&first, &second}) {  // constant, so that a step would show
      for (const auto& track : song->spec.tracks) {
        writeTrack(track.path, 2, std::vector<float>(200'000, 0.25f));
      }
    }
    Engine engine(kTestRate);
    REQUIRE(engine.setSong(first.open(), false));
    REQUIRE(engine.play());
    Recorder recorder(engine);
    for (int block = 0; block < 40; ++block) recorder.run(128);
    REQUIRE(engine.setSong(second.open({}, engine.snapshot().position), true));
    for (int block = 0; block < 5000 && engine.snapshot().position < 9000; ++block) {
      recorder.run(128);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const Snapshot now = engine.snapshot();
    CHECK(now.songs == 2);
    CHECK(now.isPlaying);
    CHECK(now.position >= 9000);
    CHECK(recorder.sound.back() == 0.5f);
    float steepest = 0;
    for (std::size_t i = 2; i < recorder.sound.size(); ++i) {
      steepest = std::max(steepest, std::abs(recorder.sound[i] - recorder.sound[i - 2]));
    }
    CHECK(steepest < 0.6f / kFade);
    engine.collect();
    REQUIRE(engine.setSong(nullptr, false));
    for (int block = 0; block < 10; ++block) recorder.run(128);
    CHECK(recorder.sound.back() == 0);
    CHECK(engine.snapshot().strips == 0);
  }

  TEST_CASE("pitch and tempo change without a step, and back to the very samples") {
    const TemporaryFolder folder;
    TestSong song(folder, 2, 300'000);
    std::vector<float> tone;
    for (std::size_t i = 0; i < song.frames; ++i) {
      const double phase = 2 * std::numbers::pi * 200 * static_cast<double>(i) / kTestRate;
      tone.insert(tone.end(), 2, static_cast<float>(0.2 * std::sin(phase)));
    }
    for (const auto& track : song.spec.tracks) writeTrack(track.path, 2, tone);
    Engine engine(kTestRate);
    auto opened = song.open();
    SongStream* playing = &opened->stream();
    REQUIRE(engine.setSong(std::move(opened), false));
    REQUIRE(engine.play());
    Recorder recorder(engine);
    std::mt19937 random(9);
    const auto run = [&](std::size_t frames) {
      runReady(engine, *playing, recorder, frames, random);
    };
    const auto heard = [&] {
      return static_cast<double>(engine.snapshot().position) * engine.snapshot().speed;
    };
    const auto change = [&](const TimePitch& timePitch) {
      song.spec.timePitch = timePitch;
      auto stream = song.stream();
      REQUIRE(stream->waitFor(std::llround(heard() / timePitch.speed), 20));
      playing = stream.get();
      REQUIRE(engine.setStream(std::move(stream)));
      engine.collect();
    };
    run(20'000);
    change({0, 0.5});
    run(40'000);
    CHECK(heard() == doctest::Approx(40'000).epsilon(1e-4));
    change({-1, 1.25});
    run(40'000);
    CHECK(heard() == doctest::Approx(90'000).epsilon(1e-4));
    change({});
    run(20'000);
    const auto end = static_cast<std::size_t>(engine.snapshot().position);
    CHECK(end == doctest::Approx(110'000).epsilon(1e-4));
    for (std::size_t i = 0; i < 2 * (20'000 - kFade); ++i) {
      REQUIRE(recorder.sound[recorder.sound.size() - 1 - i] == tone[2 * end - 1 - i] * 2);
    }
    double steepest = 0;
    for (std::size_t i = 2; i < recorder.sound.size(); ++i) {
      const double step = std::abs(recorder.sound[i] - recorder.sound[i - 2]);
      steepest = std::max(steepest, step);
    }
    CHECK(steepest < 1.6 * 0.4 * 2 * std::numbers::pi * 200 / kTestRate);
    CHECK(engine.snapshot().lateReads == 0);
  }

  TEST_CASE("a loop at another tempo repeats to the sample") {
    const TemporaryFolder folder;
    TestSong song(folder, 2, 100'000);
    song.spec.timePitch = {2, 0.75};
    Engine engine(kTestRate);
    auto opened = song.open();
    SongStream& stream = opened->stream();
    REQUIRE(engine.setSong(std::move(opened), false));
    REQUIRE(engine.loop(8000, 28'000));
    REQUIRE(engine.play());
    Recorder recorder(engine);
    std::mt19937 random(4);
    runReady(engine, stream, recorder, 68'000, random);
    for (std::size_t frame = 28'000 + kFade; frame < 48'000; ++frame) {
      REQUIRE(recorder.sound[2 * frame] == recorder.sound[2 * (frame + 20'000)]);
    }
    CHECK(engine.snapshot().lateReads == 0);
  }

  TEST_CASE("the live input starts muted, passes at its gain, and its NaN stays out of the mix") {
    Engine engine(kTestRate);
    std::vector<float> in(512, 0.5f);
    std::vector<float> left(512);
    std::vector<float> right(512);
    const float* const input[] = {in.data()};
    float* const output[] = {left.data(), right.data()};
    const auto run = [&] { engine.process(input, 1, output, 2, 512); };
    run();
    CHECK(left[511] == 0);
    REQUIRE(engine.setGains(kInputStrip, gainsOf(0.5, 0)));
    run();
    CHECK(left[511] == 0.25f);
    CHECK(right[511] == 0.25f);
    in[100] = std::numeric_limits<float>::quiet_NaN();
    run();
    CHECK(left[99] == 0);
    CHECK(engine.snapshot().nonFiniteBlocks == 1);
    in[100] = 0.5f;
    run();
    CHECK(left[511] == 0.25f);
    float* const mono[] = {left.data()};
    engine.process(input, 1, mono, 1, 512);
    CHECK(left[511] == 0.25f);
  }

  TEST_CASE("effects sit in strips and on the master") {
    Engine engine(kTestRate);
    std::vector<float> in(4096, 0.5f);
    std::vector<float> left(4096);
    std::vector<float> right(4096);
    const float* const input[] = {in.data(), in.data()};
    float* const output[] = {left.data(), right.data()};
    REQUIRE(engine.setGains(kInputStrip, gainsOf(1, 0)));
    REQUIRE(engine.setInsert(kInputStrip, 0, std::make_unique<Halve>()));
    REQUIRE(engine.setInsert(kMasterStrip, 2, std::make_unique<Halve>()));
    REQUIRE(engine.setInsert(7, 0, std::make_unique<Halve>()));  // no such strip: handed back
    engine.process(input, 2, output, 2, 4096);
    CHECK(left[4095] == 0.125f);
    REQUIRE(engine.setInsert(kMasterStrip, 2, nullptr));
    engine.process(input, 2, output, 2, 4096);
    CHECK(right[4095] == 0.25f);
    engine.collect();
  }

  TEST_CASE("denormals are flushed while it renders, and only then") {
    volatile float tiny = std::numeric_limits<float>::min();
    class Probe final : public Insert {
     public:
      void process(float*, float*, std::size_t) noexcept override {
        volatile float small = std::numeric_limits<float>::min();
        wasFlushed = small / 4 == 0;
      }
      bool wasFlushed = false;
    };
    Engine engine(kTestRate);
    auto probe = std::make_unique<Probe>();
    const Probe& seen = *probe;
    REQUIRE(engine.setInsert(kMasterStrip, 0, std::move(probe)));
    Recorder(engine).run(64);
    CHECK(seen.wasFlushed);
    CHECK(tiny / 4 != 0);
  }

  TEST_CASE("the trap that the next test relies on does catch" *
            doctest::skip(!stemwright::testing::canTrap())) {
    const auto caught = [](auto&& work) {
      const auto before = stemwright::testing::offences();
      {
        const stemwright::testing::RealtimeTrap trap;
        work();
      }
      return stemwright::testing::offences() > before;
    };
    std::mutex mutex;
    CHECK(caught([] {
      static int* volatile kept = nullptr;
      kept = new int(3);
      delete kept;
    }));
    CHECK(caught([&] { const std::lock_guard lock(mutex); }));
    CHECK(caught([] { std::this_thread::sleep_for(std::chrono::microseconds(1)); }));
    CHECK_FALSE(caught([] { static_cast<void>(std::chrono::steady_clock::now()); }));
  }

  TEST_CASE("under a storm of commands the audio thread takes no memory and no lock") {
    const TemporaryFolder folder;
    std::vector<TestSong> songs;
    for (std::uint32_t i = 0; i < 3; ++i) songs.emplace_back(folder, 2 + i, 300'000, 1 + 20 * i);
    Engine engine(kTestRate);
    std::atomic<bool> stopping{false};
    std::atomic<std::uint64_t> blocks{0};
    std::atomic<bool> wasFinite{true};
    std::thread audio([&] {
      std::mt19937 random(11);
      std::vector<float> samples(4 * 8192, 0.1f);
      float* const output[] = {samples.data(), samples.data() + 8192};
      const float* const input[] = {samples.data() + 2 * 8192, samples.data() + 3 * 8192};
      while (!stopping) {
        const std::size_t frames = random() % 10 == 0 ? 1 + random() % 8192 : 1 + random() % 256;
        if (random() % 50 == 0) samples[2 * 8192] = std::numeric_limits<float>::infinity();
        {
          const stemwright::testing::RealtimeTrap trap;
          engine.process(input, 2, output, 2, frames);
        }
        for (std::size_t i = 0; i < frames; ++i) {
          if (!std::isfinite(output[0][i])) wasFinite = false;
        }
        samples[2 * 8192] = 0.1f;
        ++blocks;
        if (random() % 16 == 0) std::this_thread::yield();
      }
    });
    const auto before = stemwright::testing::offences();
    std::mt19937 random(12);
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
    // Under a sanitizer blocks take long.
    while (std::chrono::steady_clock::now() < end || blocks <= 100) {
      const auto frame = static_cast<std::int64_t>(random() % 300'000);
      const std::size_t strip = random() % 6 == 0 ? kMasterStrip : random() % 5;
      bool isTaken = true;
      switch (random() % 13) {
        case 0:
          isTaken = engine.pause();
          break;
        case 1:
          isTaken = engine.loop(frame, frame + static_cast<std::int64_t>(random() % 20'000));
          break;
        case 2:
          isTaken = engine.setInsert(strip, random() % 8, someInsert(random));
          break;
        case 3:
          isTaken = engine.setInsert(strip, random() % 8, nullptr);
          break;
        case 4:
          isTaken = engine.seek(frame);
          break;
        case 5:
          if (random() % 20 == 0) {
            isTaken = engine.setSong(songs[random() % 3].open(), random() % 2 == 0);
          }
          break;
        case 6:
          isTaken = engine.play();
          break;
        case 8:
          if (random() % 20 == 0) {
            TestSong& stretched = songs[random() % 3];
            stretched.spec.timePitch = {static_cast<double>(random() % 3) - 1,
                                        0.5f + 0.5f * static_cast<float>(random() % 3)};
            isTaken = engine.setStream(stretched.stream());
          }
          break;
        case 7:
          isTaken = engine.setGains(kInputStrip, gainsOf(0.5, 0.2));
          break;
        default:
          isTaken = engine.setGains(strip, gainsOf(static_cast<double>(random() % 100) / 100,
                                                   static_cast<double>(random() % 200) / 100 - 1));
      }
      if (!isTaken) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      engine.collect();
      if (random() % 10 == 0) std::this_thread::sleep_for(std::chrono::microseconds(300));
    }
    stopping = true;
    audio.join();
    CAPTURE(stemwright::testing::lastOffence());
    CHECK(stemwright::testing::offences() == before);
    CHECK(blocks > 100);
    CHECK(wasFinite);
    CHECK(engine.snapshot().songs > 0);
    CHECK(engine.snapshot().nonFiniteBlocks > 0);
  }
}
