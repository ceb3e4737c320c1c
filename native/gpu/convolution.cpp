#include "gpu/convolution.h"

#include <algorithm>
#include <string>
#include <utility>

#include "gpu/ops.h"

namespace stemwright::gpu {
namespace {

using core::Error;
using core::ErrorCode;

constexpr std::size_t kSize = 2 * Convolution::kBlock;
static_assert(kSize <= Fft::kLocalPoints);

/// The partitions' spectra, channel after channel.
core::Result<Binding> transformed(Device& device, const Fft& fft,
                                  std::span<const std::span<const float>> response,
                                  std::size_t partitions) {
  std::vector<float> padded(response.size() * partitions * 2 * kSize, 0.0f);
  for (std::size_t channel = 0; channel < response.size(); ++channel) {
    for (std::size_t i = 0; i < response[channel].size(); ++i) {
      const std::size_t partition = channel * partitions + i / Convolution::kBlock;
      padded[2 * (partition * kSize + i % Convolution::kBlock)] = response[channel][i];
    }
  }
  auto spectra = uploadValues(device, padded, Storage::kFloat);
  if (!spectra.ok()) return spectra.error();
  auto program = device.compile(
      fft.record(false, 1.0f, response.size() * partitions, spectra.value(), spectra.value(), {}),
      {});
  if (!program.ok()) return program.error();
  STEMWRIGHT_TRY(program.value()->execute({}, {}));
  return spectra;
}

}  // namespace

core::Result<std::unique_ptr<Convolution>> Convolution::create(
    Device& device, std::span<const std::span<const float>> response, std::size_t channels,
    std::size_t frames, unsigned slots) {
  const bool isKnown =
      response.size() == 1 || response.size() == 2 || (response.size() == 4 && channels == 2);
  if (!isKnown || channels < 1 || channels > 2 || response[0].empty() || frames == 0 ||
      frames % kBlock != 0) {
    return Error{ErrorCode::kInvalidArgument, "a convolution of such channels or frames"};
  }
  for (const auto& channel : response) {
    if (channel.size() == response[0].size()) continue;
    return Error{ErrorCode::kInvalidArgument, "channels of a response differ in length"};
  }
  std::unique_ptr<Convolution> made(new Convolution);
  made->inputs_ = channels;
  made->outputs_ = response.size() == 1 ? channels : 2;
  made->frames_ = frames;
  const std::size_t partitions = (response[0].size() + kBlock - 1) / kBlock;
  const std::size_t blocks = frames / kBlock;
  const std::size_t windows = blocks + partitions - 1;
  made->history_ = partitions * kBlock;

  auto fft = Fft::create(device, kSize);
  if (!fft.ok()) return fft.error();
  auto spectra = transformed(device, fft.value(), response, partitions);
  if (!spectra.ok()) return spectra.error();
  const auto complex = [&](std::size_t count) -> core::Result<Binding> {
    auto buffer = device.allocate(count * kSize * 2 * sizeof(float));
    if (!buffer.ok()) return buffer.error();
    return whole(std::move(buffer).value());
  };
  auto x = complex(channels * windows);
  if (!x.ok()) return x.error();
  auto y = complex(made->outputs_ * blocks);
  if (!y.ok()) return y.error();

  const Ops ops(device, Storage::kFloat);
  ComplexMacArgs mac;
  mac.bins = kSize;
  mac.partitions = static_cast<std::uint32_t>(partitions);
  mac.blocks = static_cast<std::uint32_t>(blocks);
  mac.sources = response.size() == 4 ? 2 : 1;
  mac.inputByOutput = response.size() == 4 || channels == 1 ? 0 : 1;
  mac.inputBySource = 1;
  mac.responseByOutput = response.size() == 1 ? 0 : 1;
  mac.responseBySource = 2;
  const std::size_t inputBytes = channels * (windows + 1) * kBlock * sizeof(float);
  const std::size_t outputBytes = made->outputs_ * frames * sizeof(float);
  Recording recording;
  recording.add(ops.overlapWindows("windows", Binding::input(inputBytes), x.value(), kBlock,
                                   windows, channels));
  recording.append(fft.value().record(false, 1.0f, channels * windows, x.value(), x.value(), {}));
  recording.add(
      ops.complexMac("products", x.value(), spectra.value(), y.value(), made->outputs_, mac));
  recording.append(fft.value().record(true, 1.0f / static_cast<float>(kSize),
                                      made->outputs_ * blocks, y.value(), y.value(), {}));
  recording.add(ops.overlapBlocks("blocks", y.value(), Binding::output(outputBytes), kBlock, blocks,
                                  made->outputs_));
  auto program = device.compile(
      recording, {.inputBytes = inputBytes, .outputBytes = outputBytes, .slots = slots});
  if (!program.ok()) return program.error();
  made->program_ = std::move(program).value();
  return made;
}

core::Status Convolution::process(std::span<const float> in, std::span<float> out) {
  const std::size_t length = history_ + frames_;
  if (in.size() != inputs_ * frames_ || out.size() != outputs_ * frames_) {
    return Error{ErrorCode::kInvalidArgument, "input or output of another size"};
  }
  window_.resize(inputs_ * length);
  for (std::size_t channel = 0; channel < inputs_; ++channel) {
    float* const window = window_.data() + channel * length;
    std::copy_n(window + frames_, history_, window);
    std::copy_n(in.data() + channel * frames_, frames_, window + history_);
  }
  return program_->execute(window_, out);
}

void Convolution::reset() noexcept {
  std::fill(window_.begin(), window_.end(), 0.0f);
}

}  // namespace stemwright::gpu
