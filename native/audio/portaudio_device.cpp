#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "audio/device.h"
#include "audio/portaudio_library.h"
#include "audio/thread_priority.h"

namespace stemwright::audio {
namespace {

using core::Error;
using core::ErrorCode;
using core::Status;
using Use = std::shared_ptr<const PortAudioUse>;
using Clock = std::chrono::steady_clock;

/// Between two blocks.
constexpr auto kMostSilence = std::chrono::seconds(2);

std::string idOf(const Use& use, PaDeviceIndex index) {
  const PaDeviceInfo* const info = (*use)->deviceInfo(index);
  return std::string((*use)->hostApiInfo(info->hostApi)->name) + "/" + info->name;
}

/// The default output of the default sound system, else that of the first that has one.
PaDeviceIndex defaultOutput(const Use& use) {
  const PaDeviceIndex index = (*use)->defaultOutput();
  if (index != paNoDevice) return index;
  for (PaHostApiIndex api = 0; api < (*use)->hostApiCount(); ++api) {
    const PaDeviceIndex other = (*use)->hostApiInfo(api)->defaultOutputDevice;
    if (other != paNoDevice) return other;
  }
  return paNoDevice;
}

core::Result<PaDeviceIndex> findOutput(const Use& use, const std::string& id) {
  if (id.empty()) {
    const PaDeviceIndex index = defaultOutput(use);
    if (index != paNoDevice) return index;
    return Error{ErrorCode::kOutput, "this machine has no sound device"};
  }
  for (PaDeviceIndex index = 0; index < (*use)->deviceCount(); ++index) {
    if ((*use)->deviceInfo(index)->maxOutputChannels > 0 && idOf(use, index) == id) return index;
  }
  return Error{ErrorCode::kOutput, "the sound device " + id + " is not there"};
}

/// What to record from along with an output: the same device, else its system's default.
PaDeviceIndex inputFor(const Use& use, PaDeviceIndex output) {
  const PaDeviceInfo* const info = (*use)->deviceInfo(output);
  if (info->maxInputChannels > 0) return output;
  return (*use)->hostApiInfo(info->hostApi)->defaultInputDevice;
}

PaStreamParameters parametersFor(const Use& use, PaDeviceIndex index, bool isInput,
                                 std::size_t channels) {
  const PaDeviceInfo* const info = (*use)->deviceInfo(index);
  const int most = isInput ? info->maxInputChannels : info->maxOutputChannels;
  PaStreamParameters parameters{};
  parameters.device = index;
  parameters.channelCount = std::min(most, static_cast<int>(channels));
  parameters.sampleFormat = paFloat32 | paNonInterleaved;
  parameters.suggestedLatency =
      isInput ? info->defaultLowInputLatency : info->defaultLowOutputLatency;
  return parameters;
}

class PortAudioDevice final : public Device {
 public:
  PortAudioDevice(Use use, Renderer& renderer) : use_(std::move(use)), renderer_(renderer) {}
  ~PortAudioDevice() override;

  Status open(const DeviceRequest& request);

  const std::string& name() const override { return name_; }
  double rate() const override { return rate_; }
  std::size_t frames() const override { return frames_; }
  std::size_t inputs() const override { return inputs_; }
  std::size_t outputs() const override { return outputs_; }
  DeviceState state() const override;
  Status start() override;

 private:
  /// What PortAudio knows of a device; it may outlive it.
  struct Link {
    std::atomic<PortAudioDevice*> device;
    std::atomic<bool> isBusy{false};  ///< a call is at it
  };

  /// The device of a link for the length of a call; null when it is gone. [audio-thread]
  class Call {
   public:
    explicit Call(void* link) : link_(*static_cast<Link*>(link)) {
      link_.isBusy = true;
      device_ = link_.device;
    }
    ~Call() { link_.isBusy.store(false, std::memory_order_release); }
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    PortAudioDevice* device() const { return device_; }

   private:
    Link& link_;
    PortAudioDevice* device_;
  };

  static int onBlock(const void* input, void* output, unsigned long frames,
                     const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags flags, void* link);
  static void onEnd(void* link) {
    const Call call(link);
    if (call.device() != nullptr) {
      call.device()->isRunning_.store(false, std::memory_order_relaxed);
    }
  }
  Status failed(const char* what, PaError error) const {
    return Error{ErrorCode::kOutput,
                 "cannot " + std::string(what) + " " + name_ + ": " + use_->explain(error)};
  }

  bool isCalling() const;
  void abandon();

  const Use use_;
  Renderer& renderer_;
  std::unique_ptr<Link> link_{new Link{this}};
  PaStream* stream_ = nullptr;
  bool isJack_ = false;
  /// Of ALSA alone PortAudio's thread is like any other; the audio thread's, once it runs.
  bool isRaised_ = true;
  std::atomic<Clock::time_point> lastBlock_{};
  std::string name_;
  double rate_ = 0;
  std::size_t frames_ = 0;
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  std::atomic<std::uint64_t> xruns_{0};
  std::atomic<bool> isRunning_{false};
};

PortAudioDevice::~PortAudioDevice() {
  if (stream_ == nullptr) return;
  if (isJack_ && isRunning_ && !isCalling()) {
    abandon();
  } else {
    (*use_)->closeStream(stream_);
  }
}

/// Leaves the stream to a PortAudio that waits for a server; a call that comes after all finds no
/// device, and one that has begun is waited for.
void PortAudioDevice::abandon() {
  link_->device = nullptr;
  while (link_->isBusy) std::this_thread::yield();
  static_cast<void>(link_.release());
  PortAudioUse::abandon(use_);
}

Status PortAudioDevice::open(const DeviceRequest& request) {
  const auto index = findOutput(use_, request.id);
  if (!index) return index.error();
  const PaDeviceInfo* const info = (*use_)->deviceInfo(index.value());
  name_ = info->name;
  isJack_ = (*use_)->hostApiInfo(info->hostApi)->type == paJACK;
  isRaised_ = (*use_)->hostApiInfo(info->hostApi)->type != paALSA;
  const PaStreamParameters output = parametersFor(use_, index.value(), false, 2);
  const PaDeviceIndex inputIndex = request.inputs == 0 ? paNoDevice : inputFor(use_, index.value());
  PaStreamParameters input{};
  if (inputIndex != paNoDevice) input = parametersFor(use_, inputIndex, true, request.inputs);
  const PaStreamParameters* const wanted = input.channelCount > 0 ? &input : nullptr;

  // Where a device does not run at the rate that was asked for, the engine converts.
  rate_ = request.rate;
  if (rate_ == 0 || (*use_)->isFormatSupported(wanted, &output, rate_) != paFormatIsSupported) {
    rate_ = info->defaultSampleRate;
  }
  frames_ = request.frames;
  inputs_ = wanted == nullptr ? 0 : static_cast<std::size_t>(input.channelCount);
  outputs_ = static_cast<std::size_t>(output.channelCount);
  const PaError error = (*use_)->openStream(&stream_, wanted, &output, rate_, frames_,
                                            paClipOff | paDitherOff, onBlock, link_.get());
  if (error != paNoError) return failed("open", error);
  (*use_)->onFinished(stream_, onEnd);
  return {};
}

Status PortAudioDevice::start() {
  isRunning_ = true;
  lastBlock_ = Clock::now();
  const PaError error = (*use_)->startStream(stream_);
  if (error == paNoError) return {};
  isRunning_ = false;
  return failed("start", error);
}

DeviceState PortAudioDevice::state() const {
  const PaStreamInfo* const info = (*use_)->streamInfo(stream_);
  return {.xruns = xruns_,
          .inputLatencySeconds = info == nullptr ? 0 : info->inputLatency,
          .outputLatencySeconds = info == nullptr ? 0 : info->outputLatency,
          .isRunning = isRunning_ && isCalling()};
}

/// Some sound systems stop calling when a device is unplugged, and say nothing.
bool PortAudioDevice::isCalling() const {
  return Clock::now() - lastBlock_.load(std::memory_order_relaxed) < kMostSilence;
}

int PortAudioDevice::onBlock(const void* input, void* output, unsigned long frames,
                             const PaStreamCallbackTimeInfo*, PaStreamCallbackFlags flags,
                             void* link) {
  const Call call(link);
  if (call.device() == nullptr) return paAbort;
  PortAudioDevice& device = *call.device();
  constexpr PaStreamCallbackFlags kXrun =
      paInputUnderflow | paInputOverflow | paOutputUnderflow | paOutputOverflow;
  if ((flags & kXrun) != 0) device.xruns_.fetch_add(1, std::memory_order_relaxed);
  device.lastBlock_.store(Clock::now(), std::memory_order_relaxed);
  if (!std::exchange(device.isRaised_, true)) raiseThreadPriority(ThreadRole::kDevice);
  device.renderer_.render(static_cast<const float* const*>(input),
                          input == nullptr ? 0 : device.inputs_, static_cast<float* const*>(output),
                          device.outputs_, frames);
  return paContinue;
}

}  // namespace

core::Result<std::vector<DeviceInfo>> devices() {
  const auto begun = PortAudioUse::begin();
  if (!begun) return begun.error();
  const Use& use = begun.value();
  const PaDeviceIndex usual = defaultOutput(use);
  std::vector<DeviceInfo> list;
  for (PaDeviceIndex index = 0; index < (*use)->deviceCount(); ++index) {
    const PaDeviceInfo* const info = (*use)->deviceInfo(index);
    if (info->maxOutputChannels == 0) continue;
    const PaDeviceIndex input = inputFor(use, index);
    const int inputs = input == paNoDevice ? 0 : (*use)->deviceInfo(input)->maxInputChannels;
    list.push_back({idOf(use, index), info->name, (*use)->hostApiInfo(info->hostApi)->name,
                    static_cast<std::size_t>(inputs),
                    static_cast<std::size_t>(info->maxOutputChannels), info->defaultSampleRate,
                    index == usual});
  }
  return list;
}

core::Result<std::unique_ptr<Device>> openDevice(const DeviceRequest& request, Renderer& renderer) {
  auto use = PortAudioUse::begin();
  if (!use) return use.error();
  auto device = std::make_unique<PortAudioDevice>(std::move(use).value(), renderer);
  STEMWRIGHT_TRY(device->open(request));
  return std::unique_ptr<Device>(std::move(device));
}

}  // namespace stemwright::audio
