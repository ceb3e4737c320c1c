#include "bench/gpu_benchmarks.h"

#include <chrono>
#include <cstdlib>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bench/full_size.h"
#include "bench/measure.h"
#include "bench/signals.h"
#include "gpu/convolution.h"
#include "gpu/device.h"
#include "gpu/ops.h"
#include "gpu/recurrent.h"
#include "models/htdemucs_gpu.h"

namespace stemwright::bench {
namespace {

using core::Error;
using core::ErrorCode;
using gpu::Binding;
using gpu::Device;
using gpu::Ops;
using gpu::Recording;
using gpu::Storage;
using Entries = core::Result<std::vector<Entry>>;

/// Thrown where the device refuses and caught in measureOp(), nowhere else.
struct DeviceFault {
  Error error;
};

template <typename T>
T orThrow(core::Result<T> result) {
  if (!result.ok()) throw DeviceFault{result.error()};
  return std::move(result).value();
}

class KeptDevice {
 public:
  core::Result<std::shared_ptr<Device>> get() {
    const std::lock_guard lock(mutex_);
    if (device_ && !device_->isLost()) return device_;
    const gpu::Inventory inventory = gpu::findDevices();
    const gpu::DeviceInfo* found = nullptr;
    if (const char* wanted = std::getenv("STEMWRIGHT_GPU"); wanted != nullptr && *wanted != 0) {
      for (const gpu::DeviceInfo& device : inventory.devices) {
        if (device.name.find(wanted) != std::string::npos) found = &device;
      }
    } else {
      found = gpu::preferredDevice(inventory);
    }
    if (found == nullptr) {
      const std::string why = inventory.reason.empty() ? "none but software" : inventory.reason;
      return Error{ErrorCode::kDeviceLost, "no GPU: " + why};
    }
    auto opened = gpu::openDevice(found->id);
    if (opened.ok()) device_ = opened.value();
    return opened;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    device_.reset();
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Device> device_;
};

/// Never destroyed: when a program ends, its driver may have ended before.
KeptDevice& keptDevice() {
  static KeptDevice& device = *new KeptDevice;
  return device;
}

/// Makes the work of one op, and the memory that it takes.
class Maker {
 public:
  explicit Maker(Device& device) : device_(device), ops_(device, Storage::kFloat) {}

  Device& device() const { return device_; }
  const Ops& ops() const { return ops_; }
  /// Noise: zeros and denormals would be another measurement.
  Binding values(std::size_t count) const {
    return orThrow(gpu::uploadValues(device_, noise(count), Storage::kFloat));
  }
  const gpu::Weight* weight(std::size_t depth, std::size_t columns) {
    weights_.push_back(std::make_unique<gpu::Weight>(orThrow(gpu::uploadWeight(
        device_, Storage::kFloat, depth, columns,
        [](std::size_t k, std::size_t n) {
          return 0.01f * static_cast<float>((k + n) % 7) - 0.03f;
        },
        [](std::size_t) { return 0.1f; }))));
    return weights_.back().get();
  }

 private:
  Device& device_;
  Ops ops_;
  std::vector<std::unique_ptr<gpu::Weight>> weights_;
};

using Record = std::function<Recording(Maker&)>;

Recording alone(gpu::Dispatch dispatch) {
  Recording recording;
  recording.add(std::move(dispatch));
  return recording;
}

/// By the device's clock, for two seconds or until the median is certain.
Timing measureOnDevice(gpu::Program& program, std::span<const float> in, std::span<float> out,
                       const core::CancelFlag& cancel) {
  std::vector<double> times;
  const auto begin = std::chrono::steady_clock::now();
  for (unsigned run = 0; !cancel.requested(); ++run) {
    const core::Status status = program.execute(in, out);
    if (!status.ok()) throw DeviceFault{status.error()};
    if (run < 3) continue;  // warm
    times.push_back(program.seconds());
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    if (times.size() < 15) continue;
    const Timing timing = summarise(times);
    if (timing.high - timing.low < 0.02 * timing.median || passed.count() > 2) break;
  }
  return times.empty() ? Timing{} : summarise(std::move(times));
}

/// Its time, and the rate of what it does most of.
Entries measureOp(const std::string& name, const Record& record, const core::CancelFlag& cancel) {
  try {
    const auto device = orThrow(keptDevice().get());
    Maker maker(*device);
    const Recording recording = record(maker);
    double operations = 0;
    double bytes = 0;
    for (const auto& step : recording.steps()) {
      for (const gpu::Dispatch& dispatch : step) {
        operations += dispatch.operations;
        bytes += dispatch.bytes;
      }
    }
    const auto program = orThrow(device->compile(recording, {}));
    const Timing timing = measureOnDevice(*program, {}, {}, cancel);
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    std::vector<Entry> entries{entryOf(name, "µs", timing, 1e6)};
    if (operations > 0) {
      entries.push_back(rateOf(name + ", speed", "GFLOP/s", timing, operations * 1e-9));
    } else {
      entries.push_back(rateOf(name + ", memory", "GB/s", timing, bytes * 1e-9));
    }
    return entries;
  } catch (const DeviceFault& fault) {
    return fault.error;
  }
}

Recording linear(Maker& maker, std::size_t rows, std::size_t depth, std::size_t columns) {
  return alone(maker.ops().linear("linear", maker.values(rows * depth),
                                  *maker.weight(depth, columns), rows, gpu::Activation::kNone, {},
                                  {}, maker.values(rows * columns)));
}

/// HTDemucs' shapes at its second level, on a segment of 7.8 s.
Recording convolution(Maker& maker, gpu::ConvCall call, std::size_t columns) {
  const std::size_t taps = call.kernelHeight * call.kernelWidth;
  call.label = "convolution";
  call.x = maker.values(call.inHeight * call.inWidth * call.inChannels);
  call.weight = maker.weight(taps * call.inChannels, columns);
  const std::size_t rows = call.keptRows != 0 ? call.keptRows : call.outHeight;
  call.y = maker.values(rows * call.outWidth * columns / call.phases);
  return alone(maker.ops().conv(call));
}

Recording attention(Maker& maker) {
  constexpr std::size_t kTokens = 2688, kWidth = 512;
  return alone(maker.ops().attention({.label = "attention",
                                      .query = maker.values(kTokens * kWidth),
                                      .memory = maker.values(kTokens * 2 * kWidth),
                                      .y = maker.values(kTokens * kWidth),
                                      .queries = kTokens,
                                      .keys = kTokens,
                                      .heads = 8,
                                      .width = 64,
                                      .queryStride = kWidth,
                                      .keyStride = 2 * kWidth,
                                      .keyOffset = 0,
                                      .valueOffset = kWidth}));
}

constexpr std::size_t kRows = 43'008, kChannels = 96;

Recording moments(Maker& maker, gpu::MomentsAlgorithm algorithm) {
  return maker.ops().moments({.label = "moments",
                              .x = maker.values(kRows * kChannels),
                              .parts = maker.values(4 * gpu::momentsBlocks(kRows, kChannels, 1)),
                              .stats = maker.values(4),
                              .rows = kRows,
                              .channels = kChannels,
                              .algorithm = algorithm});
}

Recording norm(Maker& maker, std::uint32_t after) {
  return alone(maker.ops().norm({.label = "norm",
                                 .x = maker.values(kRows * kChannels),
                                 .stats = maker.values(4),
                                 .weight = maker.values(kChannels),
                                 .bias = maker.values(kChannels),
                                 .scale = maker.values(kChannels),
                                 .y = maker.values(kRows * kChannels),
                                 .rows = kRows,
                                 .channels = kChannels,
                                 .after = after}));
}

Recording transforms(Maker& maker, std::size_t size, std::size_t batch) {
  const gpu::Fft fft = orThrow(gpu::Fft::create(maker.device(), size));
  return fft.record(false, 1.0f, batch, maker.values(2 * batch * size),
                    maker.values(2 * batch * size), maker.values(2 * batch * size));
}

constexpr std::uint32_t kFftSize = 2048, kHop = 512, kSecond = 48'000;
constexpr std::uint32_t kFrames = kSecond / kHop + 1, kBins = kFftSize / 2 + 1;

Recording stft(Maker& maker) {
  gpu::StftArgs args;
  args.size = kFftSize;
  args.hop = kHop;
  args.frames = kFrames;
  args.signals = 1;
  args.samples = kSecond;
  args.sampleStride = 1;
  args.left = kFftSize / 2;
  args.bins = kBins;
  args.binStride = 1;
  args.frameStride = kBins;
  args.twiddleStride = 1;
  const gpu::Fft fft = orThrow(gpu::Fft::create(maker.device(), kFftSize));
  return alone(maker.ops().stft("stft", maker.values(kSecond), fft.twiddles(),
                                maker.values(kFftSize), maker.values(2 * kFrames * kBins), args));
}

Recording inverseStft(Maker& maker) {
  gpu::IstftArgs args;
  args.size = kFftSize;
  args.frames = kFrames;
  args.signals = 1;
  args.bins = kBins;
  args.binStride = 1;
  args.frameStride = kBins;
  args.twiddleStride = 1;
  gpu::OverlapAddArgs add;
  add.size = kFftSize;
  add.hop = kHop;
  add.frames = kFrames;
  add.signals = 1;
  add.channels = 1;
  add.samples = kSecond;
  add.lead = kFftSize / 2;
  add.hasFrames = 1;
  const gpu::Fft fft = orThrow(gpu::Fft::create(maker.device(), kFftSize));
  const Binding pieces = maker.values(kFrames * kFftSize);
  Recording recording =
      alone(maker.ops().istft("istft", maker.values(2 * kFrames * kBins), fft.twiddles(),
                              maker.values(kFftSize), {}, pieces, args));
  recording.add(maker.ops().overlapAdd("overlap-add", pieces, {}, {}, maker.values(kSecond), add));
  return recording;
}

/// What a convolution does between its transforms: a second of stereo, a response of ten.
Recording products(Maker& maker) {
  gpu::ComplexMacArgs args;
  args.bins = 2 * gpu::Convolution::kBlock;
  args.partitions = 10 * kSecond / gpu::Convolution::kBlock;
  args.blocks = kSecond / gpu::Convolution::kBlock;
  args.sources = 1;
  args.inputByOutput = args.responseByOutput = 1;
  const std::size_t windows = args.blocks + args.partitions - 1;
  return alone(maker.ops().complexMac("products", maker.values(2 * 2 * windows * args.bins),
                                      maker.values(2 * 2 * args.partitions * args.bins),
                                      maker.values(2 * 2 * args.blocks * args.bins), 2, args));
}

/// Its input as windows of two blocks, and back.
Recording windows(Maker& maker) {
  constexpr std::size_t kBlock = gpu::Convolution::kBlock, kWindows = 10 * kSecond / kBlock;
  const Binding complex = maker.values(2 * 2 * kWindows * 2 * kBlock);
  Recording recording = alone(maker.ops().overlapWindows(
      "windows", maker.values(2 * (kWindows + 1) * kBlock), complex, kBlock, kWindows, 2));
  recording.add(maker.ops().overlapBlocks("blocks", complex, maker.values(2 * kWindows * kBlock),
                                          kBlock, kWindows, 2));
  return recording;
}

/// 256 units, one step and a hundred, as the processor's own benchmarks.
Entries recurrent(const std::string& name, bool isGru, const core::CancelFlag& cancel) {
  constexpr std::size_t kUnits = 256;
  try {
    const auto device = orThrow(keptDevice().get());
    std::vector<float> values = noise((isGru ? 3 : 4) * kUnits * kUnits);
    for (float& value : values) value *= 0.1f;
    const auto parameters =
        [&](const std::string& parameter) -> std::optional<std::span<const float>> {
      const bool isBias = parameter.starts_with("bias");
      return std::span<const float>(values).first(values.size() / (isBias ? kUnits : 1));
    };
    std::vector<Entry> entries;
    for (const std::size_t steps : {1, 100}) {
      const auto layer = orThrow(
          gpu::Recurrent::create(*device, {isGru, kUnits, kUnits, 1, false}, parameters, 1, steps));
      const std::vector<float> x = noise(layer->inputSize());
      std::vector<float> y(layer->outputSize());
      const Timing timing = measureOnDevice(layer->program(), x, y, cancel);
      if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
      entries.push_back(
          entryOf(name + (steps == 1 ? ", one step" : ", 100 steps"), "µs", timing, 1e6));
    }
    return entries;
  } catch (const DeviceFault& fault) {
    return fault.error;
  }
}

/// A second of stereo through a response of so many seconds, there and back.
Entries longConvolution(const std::string& name, std::size_t seconds,
                        const core::CancelFlag& cancel) {
  constexpr std::size_t kStep = 48 * gpu::Convolution::kBlock;
  try {
    const auto device = orThrow(keptDevice().get());
    const std::vector<float> taps = noise(48'000 * seconds);
    const std::span<const float> response[] = {taps, taps};
    const auto convolution = orThrow(gpu::Convolution::create(*device, response, 2, kStep));
    const std::vector<float> in = noise(2 * kStep);
    std::vector<float> out(2 * kStep);
    core::Status status;
    std::vector<double> onDevice;
    const Timing wall = measure(
        [&] {
          if (status.ok()) status = convolution->process(in, out);
          onDevice.push_back(convolution->program().seconds());
        },
        cancel);
    if (!status.ok()) return status.error();
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    const double share = 100 * 48'000.0 / kStep;
    return std::vector<Entry>{
        entryOf(name, "% of real time", wall, share),
        entryOf(name + ", on the device", "% of real time", summarise(onDevice), share)};
  } catch (const DeviceFault& fault) {
    return fault.error;
  }
}

/// With what it takes there and back, as songs meet it.
Entries segment(const std::string& name, models::Mode mode, const core::CancelFlag& cancel) {
  try {
    const auto device = orThrow(keptDevice().get());
    const models::HTDemucsConfig config = fullSize();
    const auto model = orThrow(
        models::HTDemucsGpu::load(device, config, models::WeightFile::generated(kFullSizeSeed),
                                  Storage::kFloat, nn::NormAlgorithm::kWelford));
    const auto runner =
        orThrow(models::HTDemucsGpuRunner::create(model, config.segmentFrames(), mode));
    const std::vector<float> mix = noise(config.segmentFrames() * config.audioChannels);
    std::vector<float> out(runner->outputSize());
    core::Status status;
    std::vector<double> onDevice;
    const Timing wall = measure(
        [&] {
          if (status.ok()) status = runner->forward(mix, out);
          onDevice.push_back(runner->program().seconds());
        },
        cancel);
    if (!status.ok()) return status.error();
    if (cancel.requested()) return Error{ErrorCode::kCancelled, "cancelled"};
    const double bytes = static_cast<double>(device->usedBytes());
    return std::vector<Entry>{
        entryOf(name, "ms a segment", wall, 1e3),
        entryOf(name + ", on the device", "ms a segment", summarise(onDevice), 1e3),
        fixedEntry(name + ", memory of the device", "MB", bytes / 1e6)};
  } catch (const DeviceFault& fault) {
    return fault.error;
  }
}

}  // namespace

std::vector<Benchmark> gpuBenchmarks() {
  std::vector<Benchmark> list;
  const auto add = [&](const std::string& what, Record record) {
    const std::string name = "GPU " + what;
    list.push_back(
        {name, [name, record = std::move(record)](unsigned, const core::CancelFlag& cancel) {
           return measureOp(name, record, cancel);
         }});
  };
  for (const models::Mode mode : {models::Mode::kFull, models::Mode::kTimeOnly}) {
    const std::string name =
        std::string("GPU HTDemucs 42 M, ") + (mode == models::Mode::kFull ? "full" : "time-only");
    list.push_back({name, [name, mode](unsigned, const core::CancelFlag& cancel) {
                      return segment(name, mode, cancel);
                    }});
  }
  add("matrix product 1024", [](Maker& maker) { return linear(maker, 1024, 1024, 1024); });
  add("Linear 512 to 2048, 2688 rows", [](Maker& maker) { return linear(maker, 2688, 512, 2048); });
  add("Conv1D 48 to 96, stride 4", [](Maker& maker) {
    return convolution(maker,
                       {.inChannels = 48,
                        .inHeight = 85'996,
                        .outHeight = 21'499,
                        .kernelHeight = 8,
                        .strideHeight = 4,
                        .paddingHeight = 2},
                       96);
  });
  add("Conv2D 96 to 192, 3 x 3", [](Maker& maker) {
    return convolution(maker,
                       {.inChannels = 96,
                        .inHeight = 128,
                        .inWidth = 336,
                        .outHeight = 128,
                        .outWidth = 336,
                        .kernelHeight = 3,
                        .kernelWidth = 3,
                        .paddingHeight = 1,
                        .paddingWidth = 1},
                       192);
  });
  add("transposed convolution 96 to 48", [](Maker& maker) {
    return convolution(maker,
                       {.inChannels = 96,
                        .inHeight = 128,
                        .inWidth = 336,
                        .outHeight = 129,
                        .outWidth = 336,
                        .kernelHeight = 2,
                        .paddingHeight = 1,
                        .phases = 4,
                        .crop = 2,
                        .keptRows = 512},
                       4 * 48);
  });
  add("attention, 2688 tokens", attention);
  const auto addMoments = [&](const char* label, gpu::MomentsAlgorithm algorithm) {
    add(std::string("GroupNorm moments, ") + label,
        [algorithm](Maker& maker) { return moments(maker, algorithm); });
  };
  addMoments("standard", gpu::MomentsAlgorithm::kStandard);
  addMoments("kahan", gpu::MomentsAlgorithm::kKahan);
  addMoments("welford", gpu::MomentsAlgorithm::kWelford);
  add("GroupNorm applied", [](Maker& maker) { return norm(maker, NORM_PLAIN); });
  add("GroupNorm with GELU", [](Maker& maker) { return norm(maker, NORM_GELU); });
  add("GroupNorm with gated sum", [](Maker& maker) { return norm(maker, NORM_GLU_ADD); });
  add("LayerNorm, 2688 x 512", [](Maker& maker) {
    return alone(maker.ops().layerNorm("layer norm", maker.values(2688 * 512), maker.values(512),
                                       maker.values(512), {}, maker.values(2688 * 512), 2688, 512));
  });
  add("add, 4 M values", [](Maker& maker) {
    constexpr std::size_t kCount = std::size_t{1} << 22;
    return alone(maker.ops().add("add", maker.values(kCount), maker.values(kCount),
                                 maker.values(kCount), kCount));
  });
  for (const std::size_t size : {512, 1024, 2048, 4096, 8192, 16384}) {
    add("FFT " + std::to_string(size), [size](Maker& maker) { return transforms(maker, size, 1); });
  }
  for (const std::size_t size : {1024, 4096}) {
    add("FFT batch, 64 x " + std::to_string(size),
        [size](Maker& maker) { return transforms(maker, size, 64); });
  }
  for (const bool isGru : {false, true}) {
    const std::string name = isGru ? "GPU GRU 256" : "GPU LSTM 256";
    list.push_back({name, [name, isGru](unsigned, const core::CancelFlag& cancel) {
                      return recurrent(name, isGru, cancel);
                    }});
  }
  for (const std::size_t seconds : {2, 10}) {
    const std::string name = "GPU convolution, " + std::to_string(seconds) + " s";
    list.push_back({name, [name, seconds](unsigned, const core::CancelFlag& cancel) {
                      return longConvolution(name, seconds, cancel);
                    }});
  }
  add("complex multiply-accumulate, 10 s", products);
  add("overlap-save windows, 10 s", windows);
  add("STFT 2048, a second", stft);
  add("inverse STFT 2048, a second", inverseStft);
  return list;
}

void releaseGpu() {
  keptDevice().release();
}

}  // namespace stemwright::bench
