#include "session/gpu_tail.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <span>
#include <utility>
#include <vector>

#include "core/noise.h"
#include "dsp/convolution/convolver.h"
#include "gpu/convolution.h"
#include "session/gpu.h"

namespace stemwright::session {
namespace {

using core::Error;
using core::ErrorCode;
using Clock = std::chrono::steady_clock;
using Planar = std::vector<std::vector<float>>;

class GpuTail final : public dsp::TailDevice {
 public:
  explicit GpuTail(std::unique_ptr<gpu::Convolution> convolution)
      : convolution_(std::move(convolution)) {}

  bool tryStart(std::span<const float> window, std::span<float> out, Done done) override {
    return convolution_->tryProcess(
        window, out, [done = std::move(done)](const core::Status& status) { done(status.ok()); });
  }

 private:
  std::unique_ptr<gpu::Convolution> convolution_;
};

/// Up to whole partitions: the device's history is as long as the stage's then.
Planar padded(dsp::Responses taps, const dsp::TailLayout& layout) {
  Planar whole;
  for (const std::span<const float> channel : taps) {
    whole.emplace_back(channel.begin(), channel.end());
    whole.back().resize(layout.partitions * layout.block);
  }
  return whole;
}

/// One block that waits. @return whether the device computed it
bool run(dsp::TailDevice& device, std::span<const float> window, std::span<float> out) {
  std::mutex mutex;
  std::condition_variable ended;
  bool isDone = false;
  bool isGood = false;
  const bool isStarted = device.tryStart(window, out, [&](bool good) {
    const std::lock_guard lock(mutex);
    isDone = true;
    isGood = good;
    ended.notify_one();
  });
  if (!isStarted) return false;
  std::unique_lock lock(mutex);
  ended.wait(lock, [&] { return isDone; });
  return isGood;
}

/// The last block of a window, as the processor computes it. @return [outputs, block]
core::Result<std::vector<float>> expected(std::span<const float> window, std::size_t block,
                                          dsp::Responses taps, std::size_t inputs) {
  dsp::ConvolverOptions options;
  options.channels = inputs;
  options.blockSize = gpu::Convolution::kBlock;
  auto made = dsp::Convolver::create(taps, options);
  if (!made.ok()) return made.error();
  const std::size_t frames = window.size() / inputs;
  const std::size_t outputs = made.value()->outputs();
  Planar out(outputs, std::vector<float>(frames));
  const std::array<const float*, 2> from{window.data(), window.data() + (inputs - 1) * frames};
  const std::array<float*, 2> to{out.front().data(), out.back().data()};
  made.value()->process(from.data(), to.data(), frames);
  std::vector<float> last;
  for (const auto& channel : out) {
    last.insert(last.end(), channel.end() - static_cast<std::ptrdiff_t>(block), channel.end());
  }
  return last;
}

}  // namespace

GpuTails::GpuTails(const GpuTailRequest& request) {
  const Clock::time_point start = Clock::now();
  auto device = openGpu(request.device, request.cacheFolder);
  if (device.ok()) {
    device_ = std::move(device).value();
    facts_.device = device_->info().name;
  } else {
    facts_.fault = device.error().message;
  }
  facts_.agreementDb = HUGE_VAL;
  facts_.warmUpSeconds = std::chrono::duration<double>(Clock::now() - start).count();
}

dsp::TailDevices GpuTails::maker() {
  return [this](const dsp::TailLayout& layout, dsp::Responses taps,
                const dsp::ConvolutionRouting& routing) -> std::unique_ptr<dsp::TailDevice> {
    if (!facts_.fault.empty() || layout.block < gpu::Convolution::kBlock) return nullptr;
    const Clock::time_point start = Clock::now();
    auto made = make(layout, taps, routing);
    facts_.warmUpSeconds += std::chrono::duration<double>(Clock::now() - start).count();
    if (!made.ok()) {
      facts_.fault = made.error().message;
      return nullptr;
    }
    facts_.partitions += layout.partitions;
    facts_.frames += taps[0].size();
    return std::move(made).value();
  };
}

core::Result<std::unique_ptr<dsp::TailDevice>> GpuTails::make(
    const dsp::TailLayout& layout, dsp::Responses taps, const dsp::ConvolutionRouting& routing) {
  const Planar whole = padded(taps, layout);
  const std::vector<std::span<const float>> views(whole.begin(), whole.end());
  auto convolution =
      gpu::Convolution::create(*device_, views, routing.inputs, layout.block, gpu::Program::kSlots);
  if (!convolution.ok()) return convolution.error();
  auto tail = std::make_unique<GpuTail>(std::move(convolution).value());

  const std::vector<float> window =
      core::whiteNoise(routing.inputs * (layout.partitions + 1) * layout.block, 1);
  std::vector<float> out(routing.outputs * layout.block, NAN);
  if (!run(*tail, window, out)) {
    return Error{ErrorCode::kDeviceLost, facts_.device + " did not compute its first block"};
  }
  const auto reference = expected(window, layout.block, views, routing.inputs);
  if (!reference.ok()) return reference.error();
  const double agreement = agreementDb(out, reference.value());
  if (agreement < kLeastAgreementDb) {
    return Error{ErrorCode::kInternal,
                 facts_.device + " agrees with the processor to " +
                     std::to_string(std::lround(agreement)) + " dB only, where " +
                     std::to_string(std::lround(kLeastAgreementDb)) + " are needed"};
  }
  facts_.agreementDb = std::min(facts_.agreementDb, agreement);
  return std::unique_ptr<dsp::TailDevice>(std::move(tail));
}

GpuTailFacts GpuTails::facts() const {
  GpuTailFacts facts = facts_;
  if (facts.partitions != 0) return facts;
  if (facts.fault.empty()) {
    facts.fault = "this response has no partitions as long as the GPU's";
  }
  facts.device.clear();
  facts.agreementDb = 0;
  return facts;
}

}  // namespace stemwright::session
