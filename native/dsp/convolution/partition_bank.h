#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/aligned.h"
#include "core/memory_usage.h"
#include "dsp/fft.h"
#include "kernels/dispatch.h"

namespace stemwright::dsp {

/// Which response takes which input to which output.
struct ConvolutionPath {
  std::size_t input = 0;
  std::size_t output = 0;
  std::size_t response = 0;
};

/// How many signals go in and come out, and the paths between them.
struct ConvolutionRouting {
  std::size_t inputs = 0;
  std::size_t outputs = 0;
  std::vector<ConvolutionPath> paths;
};

using Responses = std::span<const std::span<const float>>;

/// A stretch of impulse responses, cut into blocks of one size and kept as spectra, with the
/// spectra of as many of the latest input blocks: convolution by overlap-save. Each spectrum is
/// computed once, however many paths use it.
/// Long responses do not fit the cache. Of these, where all blocks come whole, one reading serves
/// four blocks: a quarter of the tiles is summed for this block and, as far as its input is known,
/// the next three, and the other tiles complete what was summed before.
/// [one thread; nothing allocates after construction]
/// Source: Gardner, Efficient Convolution without Input-Output Delay, 1995.
class PartitionBank {
 public:
  enum class Blocks {
    kWhole,     ///< every block is summed from partition 0 on
    kInPieces,  ///< of some, only what is known before they have come
  };

  /// Takes taps [offset, offset + partitions * block) of each response; what lies past its end is
  /// 0.
  /// @param block a power of two, at least kTileBins
  PartitionBank(std::size_t block, std::size_t offset, std::size_t partitions, Blocks blocks,
                Responses responses, const ConvolutionRouting& routing,
                const kernels::Kernels& level);

  std::size_t block() const noexcept { return block_; }
  std::size_t partitions() const noexcept { return partitions_; }
  std::size_t tiles() const noexcept { return tiles_; }
  /// sum() does equal work with each block on ranges that are multiples of this.
  std::size_t tileStep() const noexcept { return looksAhead_ ? kernels::kLookAhead : 1; }
  std::size_t bytes() const noexcept;

  /// Makes room for the spectra of a new block, in place of the oldest.
  void advance() noexcept;
  /// The new block's spectrum. @param pair the block before it, then the block itself
  void push(std::size_t input, const float* pair) noexcept;
  /// The same in transformSteps() parts, in order, nothing else in between.
  void pushStep(std::size_t input, const float* pair, std::size_t step) noexcept;

  /// Tiles [begin, end) of an output's spectrum, from partition `first` on: with 0 the latest block
  /// meets partition 0; with 1 it meets partition 1, which is what is known of the next block's
  /// output before that block has come (only of kInPieces).
  void sum(std::size_t output, std::size_t first, std::size_t begin, std::size_t end) noexcept;
  /// Once all tiles are summed: the output's `block` samples.
  void finish(std::size_t output, std::size_t first, float* out) noexcept;
  /// The same in transformSteps() parts, in order, nothing else in between.
  void finishStep(std::size_t output, std::size_t first, float* out, std::size_t step) noexcept;
  std::size_t transformSteps() const noexcept { return fft_.steps() + 1; }

  /// Forgets all input.
  void reset() noexcept;

  static constexpr std::size_t kFewPartitions = 16;

 private:
  const float* responseTile(std::size_t response, std::size_t tile) const noexcept {
    return responses_.data() + (response * tiles_ + tile) * stored_ * kernels::kTileFloats;
  }
  float* inputTile(std::size_t input, std::size_t tile) noexcept {
    return inputs_.data() + (input * tiles_ + tile) * partitions_ * kernels::kTileFloats;
  }
  void sumTile(std::size_t output, std::size_t first, std::size_t tile) noexcept;
  void sumTileAhead(std::size_t output, std::size_t tile) noexcept;
  void transformResponses(std::size_t offset, Responses responses);
  float lastBin(std::size_t output, std::size_t first) const noexcept;

  const std::size_t block_;
  const std::size_t partitions_;
  const std::size_t tiles_;
  const bool looksAhead_;
  /// Partitions of a response as stored: followed by silent ones to look ahead into, or, where all
  /// is small, by the same once more, so that the ring of inputs meets them without a break.
  const bool isDoubled_;
  const std::size_t stored_;
  const kernels::ConvolutionKernels* kernels_;
  const ConvolutionRouting routing_;
  const RealFft fft_;
  std::size_t newest_ = 0;  ///< slot of the latest block; older ones follow, round the end
  std::size_t turn_ = 0;    ///< which tiles look ahead

  // Tile by tile, all blocks of one tile together. The last bin is real and has a place of its own.
  core::AlignedBuffer<float> responses_, inputs_, sums_;
  core::AlignedBuffer<float> ahead_;  ///< per output and tile, the sums of kLookAhead blocks
  core::AlignedBuffer<float> responseLast_, inputLast_;
  core::AlignedBuffer<float> pairs_, scratch_;
  core::MemoryClaim claim_;
};

}  // namespace stemwright::dsp
