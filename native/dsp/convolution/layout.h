#pragma once

#include <cstddef>
#include <vector>

namespace stemwright::dsp {

/// How a convolution is computed; what comes out is the same.
enum class ConvolutionMode {
  kDirect,       ///< in the time domain: no latency; for short responses
  kFft,          ///< one partition as long as the response: its length is the latency
  kUniform,      ///< partitions of one size, which is the latency
  kPartitioned,  ///< partitions that grow: no latency, and the cheapest by far for long responses
  kAuto,         ///< chooseMode()
};

/// Where the modes change places when a whole input of known length is convolved.
struct ConvolutionRule {
  std::size_t directBelow = 16'000;  ///< shorter responses are convolved directly
  double fftFromRatio = 0.5;         ///< so are those below this share of the input's length
};

/// The rule for this machine: for responses from 64 taps up, each against inputs four times as
/// long, direct sums are timed beside one large transform. Measured once a process, in some
/// milliseconds. [thread-safe; not audio-thread]
const ConvolutionRule& measuredRule();

/// @param inputFrames 0 for a stream, which is always kPartitioned
ConvolutionMode chooseMode(std::size_t taps, std::size_t inputFrames,
                           const ConvolutionRule& rule = {});

/// Partitions of one size; the first begins at tap 2 * block, so that a block's work may take as
/// long as the next block takes to come.
struct TailLayout {
  std::size_t block = 0;
  std::size_t partitions = 0;
};

struct PartitionLayout {
  std::size_t head = 0;  ///< the smallest block
  std::size_t headPartitions = 0;
  std::vector<TailLayout> tail;  ///< ascending
};

/// Block sizes are powers of two within these; those of a tail grow further.
inline constexpr std::size_t kSmallestBlock = 64;
inline constexpr std::size_t kLargestBlock = 8192;
inline constexpr std::size_t kLargestTailBlock = 8192;

/// The cheapest growth of partitions for a response, by the cost of transforms and products.
PartitionLayout planPartitions(std::size_t taps, std::size_t head,
                               std::size_t largest = kLargestTailBlock);

/// Relative costs: of a real transform of `samples`, and of multiplying `bins` complex numbers.
double transformCost(std::size_t samples);
double productCost(std::size_t bins);

}  // namespace stemwright::dsp
