#include "dsp/convolution/convolver.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "dsp/convolution/block_engine.h"
#include "dsp/convolution/direct_engine.h"
#include "dsp/convolution/partitioned_engine.h"

namespace stemwright::dsp {
namespace {

core::Error invalid(std::string message) {
  return {core::ErrorCode::kInvalidArgument, std::move(message)};
}

core::Status checkResponse(Responses response) {
  if (response.size() != 1 && response.size() != 2 && response.size() != 4) {
    return invalid("an impulse response has 1, 2 or 4 channels, not " +
                   std::to_string(response.size()));
  }
  for (const std::span<const float> channel : response) {
    if (channel.empty()) return invalid("the impulse response is empty");
    if (channel.size() != response[0].size()) {
      return invalid("the channels of the impulse response differ in length");
    }
    if (!std::all_of(channel.begin(), channel.end(), [](float x) { return std::isfinite(x); })) {
      return invalid("the impulse response holds values that are not numbers");
    }
  }
  return core::okStatus();
}

core::Status checkOptions(const ConvolverOptions& options) {
  if (options.channels != 1 && options.channels != 2) {
    return invalid("a convolver takes 1 or 2 channels, not " + std::to_string(options.channels));
  }
  const std::size_t block = options.blockSize;
  if (!std::has_single_bit(block) || block < kSmallestBlock || block > kLargestBlock) {
    return invalid("the block size must be a power of two from " + std::to_string(kSmallestBlock) +
                   " to " + std::to_string(kLargestBlock) + ", not " + std::to_string(block));
  }
  return core::okStatus();
}

/// Four responses take both inputs to both outputs. Mono goes in on both sides then.
ConvolutionRouting routingOf(std::size_t responses, std::size_t channels) {
  if (responses == 4) {
    const std::size_t right = channels - 1;
    return {channels, 2, {{0, 0, 0}, {0, 1, 1}, {right, 0, 2}, {right, 1, 3}}};
  }
  if (responses == 1 && channels == 1) return {1, 1, {{0, 0, 0}}};
  return {channels, 2, {{0, 0, 0}, {channels - 1, 1, responses - 1}}};
}

std::unique_ptr<ConvolutionEngine> makeEngine(ConvolutionMode mode, Responses response,
                                              const ConvolutionRouting& routing,
                                              const ConvolverOptions& options,
                                              const kernels::Kernels& level) {
  const std::size_t taps = response[0].size();
  switch (mode) {
    case ConvolutionMode::kDirect:
      return std::make_unique<DirectEngine>(response, routing, level);
    case ConvolutionMode::kFft:
      return std::make_unique<BlockEngine>(std::bit_ceil(std::max(taps, kSmallestBlock)), response,
                                           routing, level);
    case ConvolutionMode::kUniform:
      return std::make_unique<BlockEngine>(options.blockSize, response, routing, level);
    default:
      return std::make_unique<PartitionedEngine>(planPartitions(taps, options.blockSize), response,
                                                 routing, options, level);
  }
}

}  // namespace

core::Result<std::unique_ptr<Convolver>> Convolver::create(Responses response,
                                                           const ConvolverOptions& options,
                                                           const kernels::Kernels& level) {
  STEMWRIGHT_TRY(checkResponse(response));
  STEMWRIGHT_TRY(checkOptions(options));
  const std::size_t taps = response[0].size();
  const ConvolutionMode mode = options.mode == ConvolutionMode::kAuto
                                   ? chooseMode(taps, options.inputFrames, options.rule)
                                   : options.mode;
  std::unique_ptr<Convolver> convolver(
      new Convolver(mode, routingOf(response.size(), options.channels), taps));
  try {
    convolver->engine_ = makeEngine(mode, response, convolver->routing_, options, level);
  } catch (const std::system_error& fault) {
    return core::Error{core::ErrorCode::kNoRoom,
                       std::string("no thread for a convolution: ") + fault.what()};
  }
  return convolver;
}

void Convolver::warmUp() {
  constexpr std::size_t kFrames = kLargestBlock;
  std::vector<float> silence(kFrames), left(kFrames), right(kFrames);
  const float* in[2] = {silence.data(), silence.data()};
  float* out[2] = {left.data(), right.data()};
  // Until the largest block has come in, has been worked on and has gone out.
  const std::size_t enough = std::max(3 * kLargestBlock, 2 * latency());
  for (std::size_t done = 0; done < enough; done += kFrames) process(in, out, kFrames);
  reset();
}

}  // namespace stemwright::dsp
