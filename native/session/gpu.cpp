#include "session/gpu.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <numbers>

#include "core/thread_pool.h"

namespace stemwright::session {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kTestSeconds = 2;
constexpr double kMostAgreementDb = 200;
/// A device so many times as slow as the processor will not be the faster one when it is warm.
constexpr double kHopeless = 4;

/// Devices that are open, shared by all.
struct OpenDevices {
  std::mutex mutex;
  std::map<std::string, std::weak_ptr<gpu::Device>> list;
};

/// Chords with a beat of noise: every part of the network has something to do.
std::vector<float> testSegment(std::size_t frames, double rate, std::size_t channels) {
  std::vector<float> mix(frames * channels);
  std::uint32_t noise = 1;
  for (std::size_t n = 0; n < frames; ++n) {
    const double t = static_cast<double>(n) / rate;
    const double beat = std::exp(-12 * std::fmod(t, 0.25));
    for (std::size_t c = 0; c < channels; ++c) {
      noise = noise * 1664525u + 1013904223u;
      double value = beat * (static_cast<double>(noise >> 8) / 8388608.0 - 1.0);
      for (const double hz : {110.0, 277.2, 329.6, 1318.5}) {
        value += 0.5 * std::sin(2 * std::numbers::pi * hz * t + static_cast<double>(c));
      }
      mix[n * channels + c] = static_cast<float>(value);
    }
  }
  return mix;
}

double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

core::Result<GpuVerdict> compare(const std::shared_ptr<const HTDemucs>& reference,
                                 const std::shared_ptr<const HTDemucsGpu>& model,
                                 unsigned threads) {
  const HTDemucsConfig& config = reference->config();
  const std::size_t frames =
      std::min(config.segmentFrames(), static_cast<std::size_t>(kTestSeconds * config.sampleRate));
  const std::vector<float> mix = testSegment(frames, config.sampleRate, config.audioChannels);
  std::vector<float> expected(mix.size() * config.sources.size());
  std::vector<float> actual(expected.size(), NAN);
  auto runner = models::HTDemucsRunner::create(reference, frames, Mode::kFull, threads);
  if (!runner.ok()) return runner.error();
  auto device = models::HTDemucsGpuRunner::create(model, frames, Mode::kFull);
  if (!device.ok()) return device.error();
  core::ThreadPool pool(threads);
  core::CancelFlag cancel;
  GpuVerdict verdict;
  for (int round = 0; round < 2; ++round) {  // the first one warms up
    Clock::time_point start = Clock::now();
    STEMWRIGHT_TRY(runner.value()->forward(mix.data(), expected.data(), pool, cancel));
    verdict.cpuSeconds = secondsSince(start);
    start = Clock::now();
    STEMWRIGHT_TRY(device.value()->forward(mix, actual));
    verdict.gpuSeconds = secondsSince(start);
    if (verdict.gpuSeconds > kHopeless * verdict.cpuSeconds) break;
  }
  verdict.agreementDb = agreementDb(actual, expected);
  verdict.isAccepted = verdict.agreementDb >= kLeastAgreementDb;
  return verdict;
}

}  // namespace

GpuUsage gpuUsage() {
  return gpu::usage();
}

GpuInventory gpuInventory() {
  return gpu::findDevices();
}

const GpuInfo* preferredGpu(const GpuInventory& inventory) {
  return gpu::preferredDevice(inventory);
}

core::Result<std::shared_ptr<gpu::Device>> openGpu(const std::string& device,
                                                   const std::string& cacheFolder) {
  static OpenDevices devices;
  const std::lock_guard lock(devices.mutex);
  std::weak_ptr<gpu::Device>& known = devices.list[device];
  if (auto open = known.lock(); open && !open->isLost()) return open;
  gpu::DeviceOptions options;
  options.cacheFolder = cacheFolder;
  if (const char* text = std::getenv("STEMWRIGHT_GPU_LOSE_AFTER"); text != nullptr) {
    unsigned count = 0;
    std::from_chars(text, text + std::strlen(text), count);
    options.loseAfter = count;
  }
  auto opened = gpu::openDevice(device, options);
  if (opened.ok()) known = opened.value();
  return opened;
}

double agreementDb(const std::vector<float>& actual, const std::vector<float>& expected) {
  double power = 0;
  double error = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const double delta = static_cast<double>(actual[i]) - static_cast<double>(expected[i]);
    power += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
    error += delta * delta;
  }
  if (!std::isfinite(error) || power == 0) return 0;
  return std::min(kMostAgreementDb, 10 * std::log10(power / std::max(error, 1e-300)));
}

core::Result<PreparedGpu> prepareGpu(const std::shared_ptr<const HTDemucs>& reference,
                                     WeightFile weights, NormAlgorithm groupNorm,
                                     const GpuRequest& request) {
  auto device = openGpu(request.device, request.cacheFolder);
  if (!device.ok()) return device.error();
  PreparedGpu prepared;
  prepared.device = device.value()->info();
  auto model = HTDemucsGpu::load(device.value(), reference->config(), std::move(weights),
                                 gpu::Storage::kFloat, groupNorm);
  if (!model.ok()) return model.error();
  if (request.isTrusted) {
    prepared.verdict.isAccepted = true;
  } else {
    auto verdict = compare(reference, model.value(), request.threads);
    if (!verdict.ok()) return verdict.error();
    prepared.verdict = verdict.value();
  }
  if (prepared.verdict.isAccepted) prepared.model = std::move(model).value();
  return prepared;
}

}  // namespace stemwright::session
