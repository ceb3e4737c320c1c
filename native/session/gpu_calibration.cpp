#include "session/gpu_calibration.h"

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "core/thread_pool.h"
#include "gpu/ops.h"
#include "session/gpu.h"
#include "session/systems.h"

namespace stemwright::session {
namespace {

using Clock = std::chrono::steady_clock;
using gpu::Binding;
using platform::Workload;
using Seconds = core::Result<double>;

constexpr int kRuns = 5;
/// Frames of a convolution's block, and of the parts of its response.
constexpr std::size_t kBlock = 1024;

/// The shortest of a few runs; the first one warms up.
Seconds shortest(const std::function<core::Status()>& work) {
  STEMWRIGHT_TRY(work());
  double least = std::numeric_limits<double>::infinity();
  for (int run = 0; run < kRuns; ++run) {
    const Clock::time_point start = Clock::now();
    STEMWRIGHT_TRY(work());
    least = std::min(least, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return least;
}

/// Values of either sign: what they are makes no difference to the time, but denormals would.
std::vector<float> values(std::size_t count) {
  std::vector<float> made(count);
  for (std::size_t i = 0; i < count; ++i) made[i] = static_cast<float>(i % 61) / 61.0f - 0.5f;
  return made;
}

/// The same work on both sides.
class Contest {
 public:
  Contest(std::shared_ptr<gpu::Device> device, unsigned threads)
      : device_(std::move(device)), ops_(*device_, gpu::Storage::kFloat), pool_(threads) {}

  Seconds seconds(const Workload& work, bool isOnGpu) {
    switch (work.operation) {
      case platform::Operation::kFft:
        return isOnGpu ? transformsOnGpu(work) : transforms(work);
      case platform::Operation::kMatrixProduct:
        return isOnGpu ? productOnGpu(work) : product(work);
      case platform::Operation::kConvolution:
        return isOnGpu ? streamsOnGpu(work) : streams(work);
      case platform::Operation::kSequential:
      case platform::Operation::kFilter:
        break;
    }
    return core::Error{core::ErrorCode::kInvalidArgument, "work that is not timed"};
  }

 private:
  Seconds transforms(const Workload& work) {
    auto fft = dsp::RealFft::create(work.size);
    STEMWRIGHT_TRY(fft);
    const std::size_t stride = work.size + 2;
    const std::vector<float> in = values(work.batch * work.size);
    std::vector<float> out(work.batch * stride);
    core::AlignedBuffer<float> scratch(fft.value().batchScratchSize(pool_.size()));
    return shortest([&]() -> core::Status {
      fft.value().forwardBatch(work.batch, in.data(), work.size, out.data(), stride, scratch.data(),
                               pool_);
      return {};
    });
  }

  /// Half as many complex points, as real signals are packed; the pass that unpacks them is left
  /// out.
  Seconds transformsOnGpu(const Workload& work) {
    auto fft = gpu::Fft::create(*device_, work.size / 2);
    STEMWRIGHT_TRY(fft);
    const std::size_t count = work.batch * work.size;
    auto scratch = room(count);
    STEMWRIGHT_TRY(scratch);
    return onGpu(fft.value().record(false, 1.0f, work.batch, Binding::input(bytesOf(count)),
                                    Binding::output(bytesOf(count)), scratch.value()),
                 count, count);
  }

  /// As square as a power of two allows.
  struct Shape {
    explicit Shape(std::size_t size) : in(std::size_t{1} << (std::bit_width(size) - 1) / 2) {
      out = size / in;
    }
    std::size_t in;
    std::size_t out = 0;
  };

  Seconds product(const Workload& work) {
    const Shape shape(work.size);
    const nn::Linear linear(nn::kernels(), shape.in, shape.out, values(work.size).data(), nullptr);
    const std::vector<float> x = values(work.batch * shape.in);
    std::vector<float> y(work.batch * shape.out);
    return shortest([&]() -> core::Status {
      linear.forward(x.data(), work.batch, y.data(), pool_);
      return {};
    });
  }

  Seconds productOnGpu(const Workload& work) {
    const Shape shape(work.size);
    const auto at = [](std::size_t k, std::size_t n) {
      return static_cast<float>((k + n) % 61) / 61.0f - 0.5f;
    };
    auto weight = gpu::uploadWeight(*device_, gpu::Storage::kFloat, shape.in, shape.out, at,
                                    [](std::size_t) { return 0.0f; });
    STEMWRIGHT_TRY(weight);
    const std::size_t in = work.batch * shape.in;
    const std::size_t out = work.batch * shape.out;
    gpu::Recording recording;
    recording.add(ops_.linear("calibration", Binding::input(bytesOf(in)), weight.value(),
                              work.batch, gpu::Activation::kNone, {}, {},
                              Binding::output(bytesOf(out))));
    return onGpu(recording, in, out);
  }

  /// One stream after the other through a response that all share.
  Seconds streams(const Workload& work) {
    const std::vector<float> response = values(work.size);
    const std::span<const float> channels[] = {response};
    dsp::ConvolverOptions options;
    options.channels = 1;
    options.blockSize = kBlock;
    auto convolver = dsp::Convolver::create(channels, options);
    STEMWRIGHT_TRY(convolver);
    const std::vector<float> in = values(kBlock);
    std::vector<float> out(kBlock);
    const float* from = in.data();
    float* to = out.data();
    return shortest([&]() -> core::Status {
      for (std::size_t stream = 0; stream < work.batch; ++stream) {
        convolver.value()->process(&from, &to, kBlock);
      }
      return {};
    });
  }

  /// A block of each stream: its spectrum, the sum over the parts of the response, and back.
  Seconds streamsOnGpu(const Workload& work) {
    auto fft = gpu::Fft::create(*device_, kBlock);  // of 2 * kBlock real samples
    STEMWRIGHT_TRY(fft);
    gpu::ComplexMacArgs args;
    args.bins = static_cast<std::uint32_t>(kBlock);
    args.partitions = static_cast<std::uint32_t>((work.size + kBlock - 1) / kBlock);
    args.blocks = 1;
    args.sources = 1;
    args.inputByOutput = 1;
    const std::size_t block = work.batch * 2 * kBlock;
    auto spectrum = room(block);
    auto past = room(block * args.partitions);
    auto response = room(2 * kBlock * args.partitions);
    auto sum = room(block);
    for (const auto* buffer : {&spectrum, &past, &response, &sum}) STEMWRIGHT_TRY(*buffer);
    gpu::Recording recording = fft.value().record(
        false, 1.0f, work.batch, Binding::input(bytesOf(block)), spectrum.value(), {});
    recording.add(ops_.complexMac("calibration", past.value(), response.value(), sum.value(),
                                  work.batch, args));
    recording.append(fft.value().record(true, 1.0f / kBlock, work.batch, sum.value(),
                                        Binding::output(bytesOf(block)), {}));
    return onGpu(recording, block, block);
  }

  core::Result<Binding> room(std::size_t count) {
    return gpu::uploadValues(*device_, values(count), gpu::Storage::kFloat);
  }

  static constexpr std::size_t bytesOf(std::size_t count) { return count * sizeof(float); }

  Seconds onGpu(const gpu::Recording& recording, std::size_t inputs, std::size_t outputs) {
    auto program = device_->compile(
        recording, {.inputBytes = bytesOf(inputs), .outputBytes = bytesOf(outputs)});
    STEMWRIGHT_TRY(program);
    const std::vector<float> in = values(inputs);
    std::vector<float> out(outputs);
    return shortest([&] { return program.value()->execute(in, out); });
  }

  std::shared_ptr<gpu::Device> device_;
  gpu::Ops ops_;
  core::ThreadPool pool_;
};

}  // namespace

core::Result<Calibration> calibrateGpu(const CalibrationRequest& request,
                                       const core::CancelFlag& cancel) {
  auto device = openGpu(request.device, request.cacheFolder);
  STEMWRIGHT_TRY(device);
  Contest contest(std::move(device).value(), request.threads);
  return platform::calibrate([&](const Workload& work, bool isOnGpu) -> Seconds {
    if (cancel.requested()) return core::Error{core::ErrorCode::kCancelled, "cancelled"};
    return contest.seconds(work, isOnGpu);
  });
}

}  // namespace stemwright::session
