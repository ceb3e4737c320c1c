// Where a segment's time goes, without Node: limits of the machine, layers, how well the threads
// are kept busy, and the benchmarks. docs/performance.md says how to build and read it.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/benchmarks.h"
#include "bench/gpu_benchmarks.h"
#include "bench/limits.h"
#include "core/aligned.h"
#include "core/thread_pool.h"
#include "kernels/dispatch.h"
#include "models/htdemucs.h"

namespace stemwright {
namespace {

using Clock = std::chrono::steady_clock;

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

struct Options {
  std::string model = "full";  ///< the published htdemucs, or the shape of the house model
  models::Mode mode = models::Mode::kFull;
  models::Precision precision = models::Precision::kFp32;
  unsigned threads = 1;
  double seconds = 3;  ///< of measuring
  bool layers = false;
  bool limits = false;
  std::optional<std::string> benchmarks;  ///< those whose names hold it
};

models::HTDemucsConfig configOf(const std::string& model) {
  models::HTDemucsConfig config;
  config.sources = {"drums", "bass", "other", "vocals"};
  config.bottomChannels = 512;
  config.dconvMode = 3;
  config.segmentNumerator = 39;
  config.segmentDenominator = 5;
  if (model == "house") {
    config.channels = 32;
    config.bottomChannels = 256;
    config.transformerLayers = 3;
    config.segmentNumerator = 4;
    config.segmentDenominator = 1;
  }
  return config;
}

/// Seconds of a processor between one layer's result and the next, in order of appearance.
class LayerTimes {
 public:
  void start() { last_ = std::clock(); }
  void lap(const std::string& name) {
    const std::clock_t now = std::clock();
    const double seconds = static_cast<double>(now - last_) / CLOCKS_PER_SEC;
    last_ = now;
    for (auto& [known, all] : laps_) {
      if (known != name) continue;
      all.push_back(seconds);
      return;
    }
    laps_.emplace_back(name, std::vector<double>{seconds});
  }
  /// The least of each.
  void print() const {
    for (const auto& [name, laps] : laps_) {
      std::printf("  %-28s %8.2f ms\n", name.c_str(),
                  1e3 * *std::min_element(laps.begin(), laps.end()));
    }
  }

 private:
  std::clock_t last_ = 0;
  std::vector<std::pair<std::string, std::vector<double>>> laps_;
};

int measureModel(const Options& options) {
  auto loaded = models::HTDemucs::load(configOf(options.model), models::WeightFile::generated(7),
                                       {options.precision});
  if (!loaded.ok()) return std::fprintf(stderr, "%s\n", loaded.error().message.c_str()), 1;
  const auto model = std::move(loaded).value();
  const std::size_t frames = model->config().segmentFrames();
  auto made = models::HTDemucsRunner::create(model, frames, options.mode, options.threads);
  if (!made.ok()) return std::fprintf(stderr, "%s\n", made.error().message.c_str()), 1;
  models::HTDemucsRunner& runner = *made.value();
  core::AlignedBuffer<float> mix(frames * 2);
  core::AlignedBuffer<float> out(frames * 2 * model->config().sources.size());
  for (std::size_t i = 0; i < mix.size(); ++i) {
    mix[i] = 0.3f * std::sin(0.01f * static_cast<float>(i % 4001));
  }
  core::ThreadPool pool(options.threads);
  const core::CancelFlag cancel;
  LayerTimes layers;
  if (options.layers) {
    runner.observe([&](const std::string& name, auto) { layers.lap(name); });
  }
  const auto round = [&] {
    layers.start();
    static_cast<void>(runner.forward(mix.data(), out.data(), pool, cancel));
    if (options.layers) layers.lap("synthesis");
  };
  round();
  layers = {};
  const core::ThreadPool::Usage before = pool.usage();
  std::vector<double> times;
  std::vector<double> processor;
  const Clock::time_point begin = Clock::now();
  while (times.size() < 3 || secondsSince(begin) < options.seconds) {
    const Clock::time_point start = Clock::now();
    const std::clock_t spent = std::clock();
    round();
    processor.push_back(static_cast<double>(std::clock() - spent) / CLOCKS_PER_SEC);
    times.push_back(secondsSince(start));
  }
  const core::ThreadPool::Usage after = pool.usage();
  std::sort(times.begin(), times.end());
  std::sort(processor.begin(), processor.end());
  const double rounds = static_cast<double>(times.size());
  double total = 0;
  for (const double time : times) total += time;
  const double inLoops = after.seconds - before.seconds;
  const double busy = after.busySeconds - before.busySeconds;
  const double median = times[times.size() / 2];
  std::printf(
      "{\"model\":\"%s\",\"mode\":\"%s\",\"precision\":\"%s\",\"isa\":\"%s\",\"threads\":%u,"
      "\"rounds\":%zu,\"least\":%.5f,\"median\":%.5f,\"cpuLeast\":%.5f,\"cpuMedian\":%.5f,"
      "\"gflops\":%.1f,\"realtime\":%.2f,"
      "\"loops\":%.0f,\"serialSeconds\":%.5f,\"idleSeconds\":%.5f}\n",
      options.model.c_str(), options.mode == models::Mode::kFull ? "full" : "time-only",
      options.precision == models::Precision::kFp32 ? "fp32" : "bf16",
      std::string(kernels::isaName(kernels::kernels().isa)).c_str(), options.threads, times.size(),
      times.front(), median, processor.front(), processor[processor.size() / 2],
      runner.operations() / 1e9 / median,
      static_cast<double>(frames) / model->config().sampleRate / median,
      static_cast<double>(after.loops - before.loops) / rounds, (total - inLoops) / rounds,
      (inLoops - busy / options.threads) / rounds);
  if (options.layers) layers.print();
  return 0;
}

int measureLimits(unsigned threads) {
  const core::CancelFlag cancel;
  for (const bench::Benchmark& limit : bench::limitBenchmarks()) {
    const auto entries = limit.run(threads, cancel);
    if (!entries.ok()) return 1;
    for (const bench::Entry& entry : entries.value()) {
      std::printf("{\"limit\":\"%s\",\"threads\":%u,\"unit\":\"%s\",\"median\":%.1f}\n",
                  entry.name.c_str(), threads, entry.unit.c_str(), entry.median);
      std::fflush(stdout);  // whatever the next one does
    }
  }
  return 0;
}

int runBenchmarks(const std::string& filter, unsigned threads) {
  const core::CancelFlag cancel;
  int result = 0;
  for (const bench::Benchmark& benchmark : bench::benchmarks()) {
    if (benchmark.name.find(filter) == std::string::npos) continue;
    const auto entries = benchmark.run(threads, cancel);
    if (!entries.ok()) {
      std::fprintf(stderr, "%s: %s\n", benchmark.name.c_str(), entries.error().message.c_str());
      result = 1;
      continue;
    }
    for (const bench::Entry& entry : entries.value()) {
      std::printf("%-48s %12.4g %s (%.4g to %.4g)\n", entry.name.c_str(), entry.median,
                  entry.unit.c_str(), entry.low, entry.high);
      std::fflush(stdout);  // whatever the next one does
    }
  }
  bench::releaseGpu();
  return result;
}

bool parse(int count, char** arguments, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string argument = arguments[i];
    if (argument == "limits") {
      options.limits = true;
    } else if (argument == "bench" && i + 1 < count) {
      options.benchmarks = arguments[++i];
    } else if (argument == "--layers") {
      options.layers = true;
    } else if (argument == "full" || argument == "house") {
      options.model = argument;
    } else if (argument == "time-only") {
      options.mode = models::Mode::kTimeOnly;
    } else if (argument == "bf16") {
      options.precision = models::Precision::kBf16;
    } else if (argument == "--threads" && i + 1 < count) {
      options.threads = static_cast<unsigned>(std::max(1, std::atoi(arguments[++i])));
    } else if (argument == "--seconds" && i + 1 < count) {
      options.seconds = std::atof(arguments[++i]);
    } else {
      std::fprintf(
          stderr,
          "stemwright_profile [limits] [bench NAME] [full|house] [time-only] [bf16] [--threads N] "
          "[--seconds S] [--layers]\n");
      return false;
    }
  }
  return true;
}

}  // namespace
}  // namespace stemwright

int main(int count, char** arguments) {
  stemwright::Options options;
  if (!stemwright::parse(count, arguments, options)) return 2;
  if (options.benchmarks) return stemwright::runBenchmarks(*options.benchmarks, options.threads);
  return options.limits ? stemwright::measureLimits(options.threads)
                        : stemwright::measureModel(options);
}
