// HTDemucs' full-size segment on a device by name: its agreement with the processor, its time, and
// each op's share. Not part of the tests: it wants a real device. See docs/development.md.
//   stemwright_gpu_segment NAME [--half] [--time-only] [--check THREADS] [--segments N] [--ops]
//     [--lacks BITS]   of ShaderNeed: what the device is taken to lack
//     [--tiles]        instead, each shader of attention and of products at the network's shapes
#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/thread_pool.h"
#include "gpu/ops.h"
#include "models/htdemucs_gpu.h"

namespace {

using namespace stemwright;
using Clock = std::chrono::steady_clock;

template <typename T>
T orExit(core::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "%s\n", result.error().message.c_str());
  std::exit(1);
}

void orExit(const core::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().message.c_str());
  std::exit(1);
}

/// The 42 M model that is published as htdemucs.
models::HTDemucsConfig fullSize() {
  models::HTDemucsConfig config;
  config.sources = {"drums", "bass", "other", "vocals"};
  config.bottomChannels = 512;
  config.dconvMode = 3;
  config.segmentNumerator = 39;
  config.segmentDenominator = 5;
  return config;
}

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void report(const char* what, std::vector<double> times) {
  std::sort(times.begin(), times.end());
  std::printf("%s: median %.3f ms, %.3f to %.3f over %zu\n", what, times[times.size() / 2] * 1e3,
              times.front() * 1e3, times.back() * 1e3, times.size());
}

struct Options {
  std::string device;
  gpu::Storage storage = gpu::Storage::kFloat;
  models::Mode mode = models::Mode::kFull;
  unsigned checkThreads = 0;
  std::size_t segments = 20;
  bool showsOps = false;
  bool showsTiles = false;
  unsigned lacks = 0;
};

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    if (arg == "--half") {
      options.storage = gpu::Storage::kHalf;
    } else if (arg == "--time-only") {
      options.mode = models::Mode::kTimeOnly;
    } else if (arg == "--ops") {
      options.showsOps = true;
    } else if (arg == "--tiles") {
      options.showsTiles = true;
    } else if (arg == "--lacks" && i + 1 < argc) {
      options.lacks = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (arg == "--check" && i + 1 < argc) {
      options.checkThreads = static_cast<unsigned>(std::atoi(argv[++i]));
    } else if (arg == "--segments" && i + 1 < argc) {
      options.segments = static_cast<std::size_t>(std::atoi(argv[++i]));
    } else {
      options.device = arg;
    }
  }
  return options;
}

void check(const Options& options, models::HTDemucsGpuRunner& runner,
           const std::vector<float>& mix) {
  const auto model = orExit(models::HTDemucs::load(fullSize(), models::WeightFile::generated(1)));
  auto reference = orExit(
      models::HTDemucsRunner::create(model, runner.frames(), options.mode, options.checkThreads));
  std::vector<float> expected(runner.outputSize());
  std::vector<float> actual(runner.outputSize(), NAN);
  core::ThreadPool pool(options.checkThreads);
  core::CancelFlag cancel;
  orExit(reference->forward(mix.data(), expected.data(), pool, cancel));
  orExit(runner.forward(mix, actual));
  double error = 0;
  double power = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double delta = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
    error += delta * delta;
    power += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  std::printf("relative to the processor: %.3g\n", std::sqrt(error / power));
}

void timeInFlight(models::HTDemucsGpuRunner& runner, const std::vector<float>& mix,
                  std::size_t segments) {
  std::vector<std::vector<float>> outs(gpu::Program::kSlots,
                                       std::vector<float>(runner.outputSize()));
  std::mutex mutex;
  std::condition_variable changed;
  std::size_t done = 0;
  const auto start = Clock::now();
  for (std::size_t i = 0; i < segments; ++i) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return i < done + outs.size(); });
    }
    const auto end = [&](core::Status status) {
      orExit(status);
      const std::lock_guard lock(mutex);
      ++done;
      changed.notify_one();
    };
    orExit(runner.program().executeAsync(mix, outs[i % outs.size()], end));
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return done == segments; });
  std::printf("three in flight: %.3f ms a segment\n",
              secondsSince(start) / static_cast<double>(segments) * 1e3);
}

void showOps(const std::vector<gpu::OpTime>& times) {
  struct Sum {
    double seconds = 0, operations = 0, bytes = 0;
    std::size_t count = 0;
  };
  std::map<std::string, Sum> byShader;
  double total = 0;
  for (const gpu::OpTime& time : times) {
    Sum& sum = byShader[time.shader];
    sum.seconds += time.seconds;
    sum.operations += time.operations;
    sum.bytes += time.bytes;
    ++sum.count;
    total += time.seconds;
  }
  std::printf("%zu dispatches, %.3f ms one by one\n", times.size(), total * 1e3);
  std::vector<std::pair<std::string, Sum>> sorted(byShader.begin(), byShader.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.second.seconds > b.second.seconds; });
  for (const auto& [name, sum] : sorted) {
    std::printf("  %-26s %4zu %8.3f ms %8.2f TFLOP/s %8.1f GB/s\n", name.c_str(), sum.count,
                sum.seconds * 1e3, sum.operations / sum.seconds * 1e-12,
                sum.bytes / sum.seconds * 1e-9);
  }
  std::vector<gpu::OpTime> slowest = times;
  std::sort(slowest.begin(), slowest.end(),
            [](const auto& a, const auto& b) { return a.seconds > b.seconds; });
  slowest.resize(std::min<std::size_t>(slowest.size(), 30));
  for (const gpu::OpTime& time : slowest) {
    std::printf("  %-34s %-22s %8.1f us %7.2f TFLOP/s %7.1f GB/s\n", time.label.c_str(),
                time.shader.c_str(), time.seconds * 1e6, time.operations / time.seconds * 1e-12,
                time.bytes / time.seconds * 1e-9);
  }
}

std::vector<float> noise(std::size_t count, float scale = 1) {
  std::vector<float> values(count);
  std::uint32_t seed = 1;
  for (float& value : values) {
    seed = seed * 1664525u + 1013904223u;
    value = scale * (static_cast<float>(seed >> 8) / 8388608.0f - 1.0f);
  }
  return values;
}

/// Prints the time of a dispatch by a shader, and its largest deviation from the first one's.
void showShader(gpu::Device& device, gpu::Dispatch dispatch, const gpu::Shader& shader,
                const gpu::Binding& y, std::vector<float>& first) {
  dispatch.shader = &shader;
  gpu::Recording recording;
  recording.add(dispatch);
  const auto program = orExit(device.compile(recording, {}));
  std::vector<double> times;
  for (int i = 0; i < 7; ++i) {
    orExit(program->execute({}, {}));
    times.push_back(program->seconds());
  }
  std::sort(times.begin(), times.end());
  std::vector<float> values(y.bytes / sizeof(float));
  orExit(device.download(*y.buffer, 0, std::as_writable_bytes(std::span(values))));
  if (first.empty()) first = values;
  double largest = 0, worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double difference =
        std::fabs(static_cast<double>(first[i]) - static_cast<double>(values[i]));
    largest = std::max(largest, std::fabs(static_cast<double>(first[i])));
    worst = std::isfinite(difference) ? std::max(worst, difference) : HUGE_VAL;
  }
  std::printf("  %-26s %8.1f us %7.2f TFLOP/s, deviates by %.2g\n",
              std::string(shader.name).c_str(), times[3] * 1e6,
              dispatch.operations / times[3] * 1e-12, worst / largest);
}

/// Those whose names begin so, in float, that are not for tests alone.
std::vector<const gpu::Shader*> shadersOf(const gpu::Device& device, std::string_view start) {
  std::vector<const gpu::Shader*> found;
  for (const gpu::Shader& shader : gpu::shaders()) {
    const bool isMeant = shader.name.starts_with(start) && shader.name.ends_with("_f32") &&
                         shader.name.find("emulated") == std::string_view::npos &&
                         shader.name.find("scalar") == std::string_view::npos;
    if (isMeant && device.supports(shader)) found.push_back(&shader);
  }
  return found;
}

void showTiles(gpu::Device& device) {
  struct Shape {
    std::size_t rows, depth, columns;
  };
  const gpu::Ops ops(device, gpu::Storage::kFloat);
  for (const Shape& shape : {Shape{2688, 512, 1536}, Shape{2688, 512, 512}, Shape{2688, 512, 2048},
                             Shape{2688, 2048, 512}, Shape{1344, 512, 1536}, Shape{1344, 2048, 512},
                             Shape{172032, 48, 96}, Shape{43008, 96, 192}, Shape{43008, 864, 192},
                             Shape{172032, 432, 96}, Shape{2688, 3456, 768}, Shape{10752, 192, 384},
                             Shape{85995, 48, 96}, Shape{43008, 12, 192}, Shape{172032, 48, 6},
                             Shape{10752, 24, 384}, Shape{43344, 192, 192}}) {
    const std::vector<float> weight = noise(shape.depth * shape.columns, 0.05f);
    const gpu::Weight packed = orExit(gpu::uploadWeight(
        device, gpu::Storage::kFloat, shape.depth, shape.columns,
        [&](std::size_t k, std::size_t n) { return weight[k * shape.columns + n]; },
        [](std::size_t) { return 0.0f; }));
    const gpu::Binding x =
        orExit(gpu::uploadValues(device, noise(shape.rows * shape.depth), gpu::Storage::kFloat));
    std::vector<float> first;
    std::printf("%zu x %zu x %zu\n", shape.rows, shape.depth, shape.columns);
    for (const gpu::Shader* const shader : shadersOf(device, "gemm_")) {
      const gpu::Binding y = gpu::whole(orExit(device.allocate(shape.rows * shape.columns * 4)));
      gpu::Dispatch dispatch =
          ops.linear("product", x, packed, shape.rows, gpu::Activation::kNone, {}, {}, y);
      const std::string name(shader->name);
      const std::string tile =
          name.substr(0, name.size() - 4).substr(name.rfind('_', name.size() - 5) + 1);
      const std::size_t by = tile.find('x');
      const std::size_t rows = std::stoul(tile), columns = std::stoul(tile.substr(by + 1));
      dispatch.groups = {static_cast<std::uint32_t>((shape.rows + rows - 1) / rows),
                         static_cast<std::uint32_t>((shape.columns + columns - 1) / columns), 1};
      showShader(device, std::move(dispatch), *shader, y, first);
    }
  }
}

void showAttention(gpu::Device& device) {
  constexpr std::size_t kWidth = 512;
  const gpu::Ops ops(device, gpu::Storage::kFloat);
  for (const auto& [queries, keys] :
       {std::pair{2688u, 2688u}, {1344u, 1344u}, {2688u, 1344u}, {1344u, 2688u}}) {
    const auto put = [&](std::size_t count) {
      return orExit(gpu::uploadValues(device, noise(count, 3), gpu::Storage::kFloat));
    };
    const gpu::Binding y = gpu::whole(orExit(device.allocate(queries * kWidth * 4)));
    const gpu::Dispatch dispatch = ops.attention({.label = "attention",
                                                  .query = put(queries * kWidth),
                                                  .memory = put(keys * 2 * kWidth),
                                                  .y = y,
                                                  .queries = queries,
                                                  .keys = keys,
                                                  .heads = 8,
                                                  .width = kWidth / 8,
                                                  .queryStride = kWidth,
                                                  .keyStride = 2 * kWidth,
                                                  .keyOffset = 0,
                                                  .valueOffset = kWidth});
    std::vector<float> first;
    std::printf("attention, %u queries, %u keys\n", queries, keys);
    for (const gpu::Shader* const shader : shadersOf(device, "attention")) {
      showShader(device, dispatch, *shader, y, first);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = parse(argc, argv);
  const gpu::Inventory inventory = gpu::findDevices();
  for (const gpu::DeviceInfo& device : inventory.devices) {
    std::printf("%s: %s, %s, %.1f GB, subgroup %u, features %u\n", device.id.c_str(),
                device.name.c_str(), device.driver.c_str(),
                static_cast<double>(device.memoryBytes) * 1e-9, device.subgroupSize,
                device.features);
  }
  if (!inventory.reason.empty()) std::printf("%s\n", inventory.reason.c_str());
  const auto wanted = std::find_if(
      inventory.devices.begin(), inventory.devices.end(),
      [&](const auto& device) { return device.name.find(options.device) != std::string::npos; });
  if (wanted == inventory.devices.end()) return 1;
  const auto device = orExit(gpu::openDevice(wanted->id, {.lacks = options.lacks}));
  if (options.showsTiles) {
    showAttention(*device);
    showTiles(*device);
    return 0;
  }
  const auto begin = Clock::now();
  const auto model =
      orExit(models::HTDemucsGpu::load(device, fullSize(), models::WeightFile::generated(1),
                                       options.storage, nn::NormAlgorithm::kWelford));
  const std::size_t frames = fullSize().segmentFrames();
  const auto runner = orExit(models::HTDemucsGpuRunner::create(model, frames, options.mode));
  std::printf("ready after %.2f s, %.0f MB\n", secondsSince(begin),
              static_cast<double>(device->usedBytes()) * 1e-6);
  const std::vector<float> mix = noise(2 * frames);
  if (options.checkThreads != 0) check(options, *runner, mix);
  std::vector<float> out(runner->outputSize());
  std::vector<double> wall;
  std::vector<double> onDevice;
  for (std::size_t i = 0; i < options.segments + 2; ++i) {
    const auto start = Clock::now();
    orExit(runner->forward(mix, out));
    if (i < 2) continue;  // warm
    wall.push_back(secondsSince(start));
    onDevice.push_back(runner->program().seconds());
  }
  if (!wall.empty()) {
    report("one at a time, wall", wall);
    report("on the device", onDevice);
    timeInFlight(*runner, mix, options.segments);
  }
  if (options.showsOps) {
    const auto timed = orExit(models::HTDemucsGpuRunner::create(model, frames, options.mode, true));
    orExit(timed->forward(mix, out));
    orExit(timed->forward(mix, out));
    showOps(timed->program().times());
  }
  return 0;
}
