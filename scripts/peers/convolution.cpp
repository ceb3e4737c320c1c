// Our convolution without latency, zita-convolver's and FFTConvolver's where that is built, in
// turn, in one process: for each block size and response the processor time of all threads and the
// longest block; first as fast as it goes, then at the pace of a sound card. Prints one JSON object
// a line, as `stemwright bench --json`.
#include <time.h>
#include <zita-convolver.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/measure.h"
#include "dsp/convolution/convolver.h"
#include "in_turn.h"
#if defined(STEMWRIGHT_FFTCONVOLVER)
#include "fftconvolver.h"
#endif

namespace {

using stemwright::bench::summarise;
using stemwright::bench::Timing;
namespace dsp = stemwright::dsp;
using Clock = std::chrono::steady_clock;

constexpr double kRate = 48'000;
constexpr std::size_t kFrames = 65'536;
constexpr std::size_t kPacedFrames = 48'000;

double processorSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// Noise that falls by 26 dB over its length.
std::vector<float> makeResponse(std::size_t taps) {
  std::vector<float> samples(taps);
  std::uint32_t state = 1;
  for (std::size_t i = 0; i < taps; ++i) {
    state = state * 1'664'525u + 1'013'904'223u;
    const double fall = std::exp(-3.0 * static_cast<double>(i) / static_cast<double>(taps));
    samples[i] =
        static_cast<float>(0.05 * fall * (static_cast<double>(state >> 8) * 0x1p-24 - 0.5));
  }
  return samples;
}

/// One engine: takes a block of mono input and gives a block of output.
using Engine = std::function<void(const float* in, float* out)>;

Engine makeOurs(const std::vector<float>& response, std::size_t block) {
  dsp::ConvolverOptions options;
  options.channels = 1;
  options.blockSize = block;
  const std::span<const float> channels[] = {response};
  auto made = dsp::Convolver::create(channels, options);
  if (!made.ok()) std::abort();
  const std::shared_ptr<dsp::Convolver> convolver = std::move(made).value();
  convolver->warmUp();
  return [convolver, block](const float* in, float* out) { convolver->process(&in, &out, block); };
}

Engine makeZita(std::vector<float> response, std::size_t block) {
  const auto zita = std::shared_ptr<Convproc>(new Convproc, [](Convproc* convolver) {
    convolver->stop_process();
    delete convolver;
  });
  const auto taps = static_cast<std::uint32_t>(response.size());
  const auto quantum = static_cast<std::uint32_t>(block);
  zita->set_options(Convproc::OPT_FFTW_MEASURE | Convproc::OPT_VECTOR_MODE);
  if (zita->configure(1, 1, taps, quantum, quantum, Convproc::MAXPART, 0) != 0 ||
      zita->impdata_create(0, 0, 1, response.data(), 0, static_cast<std::int32_t>(taps)) != 0 ||
      zita->start_process(0, SCHED_OTHER) != 0) {
    std::abort();
  }
  // Its threads take a moment to start; a block given at once comes out wrong.
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  return [zita, block](const float* in, float* out) {
    std::copy_n(in, block, zita->inpdata(0));
    zita->process(true);
    std::copy_n(zita->outdata(0), block, out);
  };
}

struct Side {
  Engine engine;
  std::vector<double> loads;    ///< percent of real time, of the whole process
  std::vector<double> longest;  ///< microseconds
};

void run(Side& side, std::size_t block, std::size_t frames, bool isPaced) {
  const std::vector<float> in(block, 0.25f);
  std::vector<float> out(block);
  double longest = 0;
  const double before = processorSeconds();
  auto next = Clock::now();
  for (std::size_t done = 0; done < frames; done += block) {
    if (isPaced) {
      next += std::chrono::nanoseconds(
          static_cast<std::int64_t>(1e9 * static_cast<double>(block) / kRate));
      std::this_thread::sleep_until(next);
    }
    const auto start = Clock::now();
    side.engine(in.data(), out.data());
    longest = std::max(longest, std::chrono::duration<double>(Clock::now() - start).count());
  }
  const double seconds = static_cast<double>(frames) / kRate;
  side.loads.push_back(100 * (processorSeconds() - before) / seconds);
  side.longest.push_back(1e6 * longest);
}

double medianOf(const Timing& timing) {
  return timing.median;
}

/// Of the rounds' longest blocks: what the machine's other programs do can only lengthen one.
double shortestOf(const Timing& timing) {
  return timing.low;
}

/// Another's engine in the ways that it may be set up. Each figure is held against the best of
/// them.
struct Rival {
  const char* name;
  std::vector<Side> ways;
};

std::vector<Rival> makeRivals(const std::vector<float>& response, std::size_t block) {
  std::vector<Rival> rivals;
  rivals.push_back({"zita-convolver 4", {{makeZita(response, block), {}, {}}}});
#if defined(STEMWRIGHT_FFTCONVOLVER)
  rivals.push_back({"FFTConvolver", {}});
  for (Engine& engine : stemwright::peers::makeFftConvolvers(response, block)) {
    rivals.back().ways.push_back({std::move(engine), {}, {}});
  }
#endif
  return rivals;
}

void print(const std::string& name, const char* unit, const Side& ours, const Rival& rival,
           std::vector<double> Side::*values, double (*figure)(const Timing&)) {
  double best = std::numeric_limits<double>::infinity();
  for (const Side& way : rival.ways) best = std::min(best, figure(summarise(way.*values)));
  const Timing timing = summarise(ours.*values);
  stemwright::peers::print(name, unit, timing, figure(timing) / best, rival.name);
}

void compare(std::size_t block, double seconds, int rounds, bool isPaced) {
  const std::vector<float> response = makeResponse(static_cast<std::size_t>(seconds * kRate));
  Side ours{makeOurs(response, block), {}, {}};
  std::vector<Rival> rivals = makeRivals(response, block);
  std::vector<Side*> sides{&ours};
  for (Rival& rival : rivals) {
    for (Side& way : rival.ways) sides.push_back(&way);
  }
  const std::size_t frames = isPaced ? kPacedFrames : kFrames;
  for (Side* side : sides) run(*side, block, kFrames, false);  // to warm up
  for (Side* side : sides) *side = {side->engine, {}, {}};
  for (int round = 0; round < rounds; ++round) {
    for (Side* side : sides) run(*side, block, frames, isPaced);
  }
  char name[96];
  std::snprintf(name, sizeof name, "convolution partitioned%s, block %zu, %g s",
                isPaced ? " at its pace" : "", block, seconds);
  for (const Rival& rival : rivals) {
    print(name, "% of real time", ours, rival, &Side::loads, medianOf);
    print(std::string(name) + ", longest block", "µs", ours, rival, &Side::longest, shortestOf);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int rounds = argc > 1 ? std::max(1, std::atoi(argv[1])) : 15;
  for (std::size_t block : {64u, 128u, 256u, 512u, 1024u}) {
    for (double seconds : {0.5, 2.0, 6.0, 10.0}) compare(block, seconds, rounds, false);
  }
  for (std::size_t block : {64u, 128u}) compare(block, 10, std::min(rounds, 5), true);
  return 0;
}
